"""The packages that the fork server imports for the services."""

import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from local.services import program
from local.shared import READ_BY_IMPORT, reads_by_import
from sandbox.deployment import as_compiled
from sandbox.state import PROJECT, State

SHARED = """
from local.shared import import_packages
import_packages()
"""
OF_SERVICES = """
from local.shared import hide_others
hide_others()
import azure.monitor.opentelemetry, opentelemetry.instrumentation.flask, opentelemetry.sdk.resources
import gunicorn.app.wsgiapp, gunicorn.workers.gthread
import websocket  # azure-servicebus imports it with the first connection
import services.catalog.app, services.gateway.app, services.notifier.app, services.thumbnailer.app
"""
MODULES = """
import sys
print(*(name for name, module in sys.modules.items() if module))
"""
THREADS = """
import os
print(*os.listdir("/proc/self/task"))
"""

# os.environ as it is, but for a note of each variable that a module asks for by its name.
READS = """
import os
read, get = set(), type(os.environ).__getitem__
def note(environ, name):
    read.add(name)
    return get(environ, name)
type(os.environ).__getitem__ = note
type(os.environ).__iter__ = lambda environ: iter(())  # urllib looks at each one, to find proxies
{}
print(*sorted(each for each in read if isinstance(each, str)))
"""
# Of Python itself and of the terminal; each process of the sandbox has the same.
OF_THE_MACHINE = {
    *(
        "HOME",
        "LANG",
        "LANGUAGE",
        "LC_ALL",
        "LC_CTYPE",
        "LC_MESSAGES",
        "PATH",
        "PSUTIL_DEBUG",
        "PWD",
    ),
    *("PYTHONUSERBASE", "SPHINX_BUILD", "SYSTEMDRIVE", "_PYTHON_PROJECT_BASE"),
}


def printed(statements: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", statements], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_all_packages_of_the_services_are_shared_and_no_others() -> None:
    installed = packages_distributions()
    shared, wanted = printed(SHARED + MODULES), printed(OF_SERVICES + MODULES)

    def of_packages(modules: set[str]) -> set[str]:
        return {each for each in modules if each.partition(".")[0] in installed}

    assert of_packages(wanted) == of_packages(shared)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux")
def test_no_thread_starts_by_it_which_a_fork_would_lack() -> None:
    assert len(printed(SHARED + THREADS)) == 1


def test_the_variables_that_an_import_reads_are_known() -> None:
    assert printed(READS.format(SHARED)) - OF_THE_MACHINE == READ_BY_IMPORT


def test_a_service_is_forked_unless_an_import_would_read_one_of_its_variables(
    tmp_path: Path,
) -> None:
    state = State.open(tmp_path / "state")
    for app in as_compiled().services:
        assert program(app.name, 8000, app.environment, state).forkable
        more = {**app.environment, "WEB_CONCURRENCY": "4"}
        assert not program(app.name, 8000, more, state).forkable
    assert not reads_by_import(["AZURE_CLIENT_ID"])
