"""A service's start and end: nothing before the fork, one sentence, nothing left."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.services.test_settings import WHOLE

ROOT = Path(__file__).parents[2]
SERVICES = ("gateway", "thumbnailer", "catalog", "notifier")
NOWHERE = "http://127.0.0.1:1"
ENVIRONMENT = WHOLE | {
    "PATH": os.environ["PATH"],
    "HTTPS_PROXY": NOWHERE,
    "IDENTITY_ENDPOINT": f"{NOWHERE}/msi/token",
    "IDENTITY_HEADER": "secret-header",
}
WATCHED = """
import socket, threading
import urllib3  # which looks for IPv6 by binding a socket, in any program
def refused(*args, **options):
    raise SystemExit("a socket was opened or a thread started")
socket.socket.connect = socket.socket.bind = socket.create_connection = refused
threading.Thread.start = refused
from services.{name}.app import create_app
create_app()
"""


@pytest.mark.parametrize("name", SERVICES)
def test_importing_and_building_a_service_opens_no_socket_and_starts_no_thread(name: str) -> None:
    program = [sys.executable, "-c", WATCHED.format(name=name)]
    done = subprocess.run(
        program, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def start(name: str, port: int, env: dict[str, str]) -> "subprocess.Popen[str]":
    config = f"services/{name}/gunicorn.conf.py"
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--config", config),
            *("--bind", f"127.0.0.1:{port}", f"services.{name}.app:create_app()"),
        ],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def get(port: int, path: str) -> tuple[int, Any]:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def test_a_service_without_a_setting_ends_at_once_with_one_sentence() -> None:
    lacking = {k: v for k, v in ENVIRONMENT.items() if k != "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"}
    for process in [start(name, 0, lacking) for name in SERVICES]:
        output, errors = process.communicate(timeout=100)
        assert process.returncode == 1
        assert errors == (
            "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE is missing:"
            " it should be a host name such as example.servicebus.windows.net.\n"
        )
        assert "Traceback" not in output


def test_a_redrive_without_a_setting_ends_at_once_with_one_sentence() -> None:
    lacking = {k: v for k, v in ENVIRONMENT.items() if k != "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"}
    for name in ("thumbnailer", "catalog", "notifier"):
        program = [sys.executable, "-m", f"services.{name}.redrive"]
        done = subprocess.run(program, cwd=ROOT, env=lacking, capture_output=True, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith(b"SERVICEBUS_FULLY_QUALIFIED_NAMESPACE is missing: ")
        assert done.stderr.count(b"\n") == 1


@pytest.fixture
def running() -> Iterator[dict[int, "subprocess.Popen[str]"]]:
    """All four services at once, at their ports, with nothing to talk to."""
    ports = {name: free_port() for name in SERVICES}
    processes = {port: start(name, port, ENVIRONMENT) for name, port in ports.items()}
    yield processes
    for process in processes.values():
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_service_lives_without_its_dependencies_says_what_it_lacks_and_ends_when_told(
    running: dict[int, "subprocess.Popen[str]"],
) -> None:
    for port in running:
        assert get(port, "/healthz") == (200, {"ok": True})
        status, body = get(port, "/readyz")
        assert status == 503
        assert body["failing"]
    for process in running.values():
        process.send_signal(signal.SIGTERM)
    for process in running.values():
        output, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")
        assert all("error" not in json.loads(line) for line in output.splitlines())
        assert "secret-header" not in output
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, 0)
