"""A service in this environment, which has more packages than the service's image."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from local.shared import NOT_IN_IMAGES
from sandbox.state import PROJECT
from sandbox.supervisor.exit_reason import exit_reason
from tests.services.test_start import ENVIRONMENT

# Of the environment itself, whose start-up file Python imports.
OF_SETUPTOOLS = "_distutils_hack"
IMPORTS = """
import sys
from local.shared import hide_others
hide_others()
import azure.monitor.opentelemetry, gunicorn.app.wsgiapp
import services.catalog.app, services.gateway.app, services.notifier.app, services.thumbnailer.app
print(*{name.partition(".")[0] for name, module in sys.modules.items() if module})
"""

# A thread of the master does not run in its workers: benoitc/gunicorn#1701.
BEFORE_THE_FORK = """
import os, sys
from local import serve
serve.run = lambda: print("services.{0}.app" in sys.modules, len(os.listdir("/proc/self/task")))
serve.main(["services.{0}.app:create_app()"])
"""


def distribution(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_services_import_no_package_that_their_images_lack() -> None:
    lock = (PROJECT / "requirements" / "services.txt").read_text("utf-8")
    in_images = {distribution(each) for each in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    program = [sys.executable, "-c", IMPORTS]
    done = subprocess.run(program, cwd=PROJECT, capture_output=True, text=True, check=True)
    installed = packages_distributions()
    lacking = {
        each
        for each in set(done.stdout.split()) - {OF_SETUPTOOLS}
        if each in installed and in_images.isdisjoint(map(distribution, installed[each]))
    }
    assert lacking == set()


@pytest.mark.parametrize("name", NOT_IN_IMAGES)
def test_the_sdks_would_find_a_hidden_package_here(name: str) -> None:
    assert name in packages_distributions()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux")
@pytest.mark.parametrize("name", ["catalog", "gateway", "notifier", "thumbnailer"])
def test_a_service_is_imported_before_the_fork_and_starts_no_thread_by_it(name: str) -> None:
    program = [sys.executable, "-c", BEFORE_THE_FORK.format(name)]
    done = subprocess.run(program, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "1"]


def test_a_service_that_cannot_be_imported_ends_with_gunicorns_reason() -> None:
    config = "services/notifier/gunicorn.conf.py"
    arguments = ("--config", config, "--bind", "127.0.0.1:0", "services.missing.app:create_app()")
    program = [sys.executable, "-m", "local.serve", *arguments]
    done = subprocess.run(
        program, cwd=PROJECT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert exit_reason(done.stderr + done.stdout, lambda: "see below") == (
        "ModuleNotFoundError: No module named 'services.missing'; see below"
    )
