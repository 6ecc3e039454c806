"""The start-up module in real Python processes, and the names that it leads."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.startup import FOLDER, VARIABLE
from sandbox.startup.sitecustomize import Names

STORE = "store.blob.core.windows.net"
WRITTEN = {
    "hosts": [STORE],
    "address": "127.0.0.1",
    "ports": {"443": 4430, "5671": 5610},
    "trust": "/the/trust.pem",
}
RESOLVE = f"""
import socket
print(socket.getaddrinfo({STORE!r}, 5671, type=socket.SOCK_STREAM)[0][4])
print(socket.getaddrinfo("127.0.0.2", 5671, type=socket.SOCK_STREAM)[0][4])
"""
LED = "('127.0.0.1', 5610)\n('127.0.0.2', 5671)\n"


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.json"
    path.write_text(json.dumps(WRITTEN))
    return path


def run(
    program: str, names: Path, *options: str, **more: str
) -> "subprocess.CompletedProcess[str]":
    environment: Mapping[str, str] = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(FOLDER),
        VARIABLE: str(names),
        **more,
    }
    return subprocess.run(
        [sys.executable, *options, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("host", "port", "led"),
    [
        (STORE, 443, 4430),
        (STORE, "443", 4430),
        (STORE, "https", 4430),
        (STORE.upper(), 5671, 5610),
        (STORE + ".", "amqps", 5610),
        (STORE.encode(), b"5671", 5610),
    ],
)
def test_a_name_of_the_deployment_leads_to_the_sandbox(
    host: str | bytes, port: int | str | bytes, led: int
) -> None:
    assert Names(WRITTEN).lead(host, port) == ("127.0.0.1", led)


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("pypi.org", 443),
        (f"other.{STORE}", 443),
        ("blob.core.windows.net", 443),
        (STORE, 80),
        (STORE, None),
        (None, 443),
        ("::1", 443),
        (b"\xff", 443),
    ],
)
def test_no_other_name_or_port_is_touched(host: str | bytes | None, port: int | str | None) -> None:
    assert Names(WRITTEN).lead(host, port) == (host, port)


def test_a_program_of_this_environment_resolves_the_deployments_names_to_the_sandbox(
    names: Path,
) -> None:
    done = run(RESOLVE, names)
    assert (done.stdout, done.stderr) == (LED, "")


def test_a_child_process_is_led_as_well(names: Path) -> None:
    child = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {RESOLVE!r}])"
    assert run(child, names).stdout == LED


def test_an_isolated_python_starts_as_usual(names: Path) -> None:
    program = "import socket; print(socket.getaddrinfo.__module__)"
    assert run(program, names).stdout == "sitecustomize\n"
    assert run(program, names, "-I").stdout == "socket\n"
    assert run(program, names, "-E").stdout == "socket\n"


def test_certifi_names_the_machines_authorities_and_the_sandboxs(names: Path) -> None:
    program = "import certifi; from certifi import where; print(where(), certifi.core.where())"
    assert run(program, names).stdout == "/the/trust.pem /the/trust.pem\n"


_UVLOOP = """
class Loop:
    async def getaddrinfo(self, host, port, **more):
        return host, port
    async def create_connection(self, protocol, host, port, **more):
        return host, port, more.get("server_hostname")
"""
_USES_UVLOOP = f"""
import asyncio, uvloop
loop = uvloop.Loop()
print(asyncio.run(loop.getaddrinfo({STORE!r}, 443)))
print(asyncio.run(loop.create_connection(None, {STORE!r}, 443, ssl=True)))
print(asyncio.run(loop.create_connection(None, "pypi.org", 443, ssl=True)))
"""
_GEVENT = "def getaddrinfo(host, port, *more):\n    return host, port\n"
_USES_GEVENT = f"""
from gevent._socketcommon import getaddrinfo
print(getaddrinfo({STORE!r}, 5671), getaddrinfo("pypi.org", 443))
"""


@pytest.mark.parametrize(
    ("source", "program", "printed"),
    [
        (
            ("uvloop/__init__.py", _UVLOOP),
            _USES_UVLOOP,
            f"('127.0.0.1', 4430)\n('127.0.0.1', 4430, {STORE!r})\n('pypi.org', 443, 'pypi.org')\n",
        ),
        (
            ("gevent/_socketcommon.py", _GEVENT),
            _USES_GEVENT,
            "('127.0.0.1', 5610) ('pypi.org', 443)\n",
        ),
    ],
    ids=["uvloop", "gevent"],
)
def test_a_library_that_resolves_names_itself_is_led_as_well(
    names: Path, tmp_path: Path, source: tuple[str, str], program: str, printed: str
) -> None:
    """In the place of the real ones, which were run by hand, with their functions alone."""
    module, text = source
    path = tmp_path / "site" / module
    path.parent.mkdir(parents=True)
    (path.parent / "__init__.py").touch()
    path.write_text(text)
    found = os.pathsep.join([str(FOLDER), str(tmp_path / "site")])
    done = run(program, names, PYTHONPATH=found)
    assert (done.stdout, done.stderr) == (printed, "")


def test_the_sitecustomize_that_it_hides_runs_too(names: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "sitecustomize.py").write_text("OWN = __file__\nprint('mine')\n")
    path = os.pathsep.join([str(FOLDER), str(mine)])
    done = run(f"import sitecustomize; print(sitecustomize.OWN){RESOLVE}", names, PYTHONPATH=path)
    assert done.stdout == f"mine\n{mine / 'sitecustomize.py'}\n{LED}"


def test_an_error_in_the_hidden_sitecustomize_is_pythons_to_report(
    names: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("1 / 0\n")
    done = run(RESOLVE, names, PYTHONPATH=os.pathsep.join([str(FOLDER), str(tmp_path)]))
    assert done.stdout == LED
    assert "Error in sitecustomize" in done.stderr
    assert "ZeroDivisionError" in done.stderr


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"hosts": 1}'])
def test_a_file_that_is_no_file_of_names_changes_nothing_and_is_named(
    tmp_path: Path, content: str
) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text(content)
    done = run("import socket; print(socket.getaddrinfo.__module__)", broken)
    assert done.stdout == "socket\n"
    assert done.stderr.startswith(f"keyless: no connection is led to the sandbox: {broken}: ")
    assert len(done.stderr.splitlines()) == 1


def test_without_a_file_of_names_the_program_runs(tmp_path: Path) -> None:
    program = "import socket; print('ran')"
    done = run(program, tmp_path / "missing.json")
    assert done.stdout == "ran\n"
    assert "No such file" in done.stderr
    silent = run(program, tmp_path, **{VARIABLE: ""})
    assert (silent.stdout, silent.stderr) == ("ran\n", "")


def test_a_program_without_a_connection_pays_for_nothing(names: Path) -> None:
    """Each Python of a shell starts with it, those of `pip` and of `git` hooks, too."""
    program = "import sys; print({'json', 'socket', 'typing', 'importlib.util'} & {*sys.modules})"
    with_it, without = run(program, names), run(program, names, "-E")
    assert with_it.stdout == without.stdout


def test_the_folder_holds_nothing_else_that_a_program_could_import() -> None:
    """A module beside it would hide the user's own of the same name."""
    found = {each.name for each in FOLDER.iterdir()} - {"__pycache__"}
    assert found == {"__init__.py", "sitecustomize.py"}
