"""gunicorn with these hooks: parts start after the fork; unreadable input is not repeated."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from services.common import server
from services.common.server import init_app

# A configuration and an application, as a service has them.
PROGRAM = f"""
import os, sys
from flask import Flask
from {server.__name__} import Worker, init_app, start, stop, validate_settings

MASTER = os.getpid()
worker_class = Worker
threads = 2
control_socket_disable = True
on_starting = validate_settings(lambda env: int(env["NUMBER"]))
post_worker_init, worker_exit = start, stop

class Component:
    def __init__(self, name):
        self.name = name
    def start(self):
        print("started", self.name, os.getpid() != MASTER, flush=True)
    def stop(self):
        print("stopped", self.name, flush=True)

def create_app():
    app = Flask(__name__)
    app.get("/")(lambda: "alive")
    init_app(app, Component("first"), Component("second"))
    return app
"""
SECRET = b"c2VjcmV0"
UNREADABLE = [
    (b"GET /?sig=%s\r\n\r\n" % SECRET, 400),
    (b"GET /?sig=%s HTTP/7.7\r\n\r\n" % SECRET, 400),
    (b"GET%s / HTTP/1.1\r\n\r\n" % SECRET, 400),
    (b"GET /?sig=%s HTTP/1.1\r\n\r\n" % SECRET.ljust(5000, b"x"), 414),
    (b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization %s\r\n\r\n" % SECRET, 400),
    (b"GET / HTTP/1.1\r\nHost: x\r\nBearer %s: x\r\n\r\n" % SECRET, 400),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n" % SECRET.ljust(10000, b"x"), 431),
    (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: %s\r\n\r\n" % SECRET, 501),
    (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: %s\r\n\r\n" % SECRET, 417),
]


def say(port: int, request: bytes) -> bytes:
    """Return the answer to a request of exactly these bytes, until the connection is closed."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as client:
        client.sendall(request)
        answer = b""
        with suppress(ConnectionResetError):
            while more := client.recv(65536):
                answer += more
    return answer


@dataclass
class Service:
    """A service under gunicorn."""

    port: int
    process: "subprocess.Popen[str]"

    def end(self) -> str:
        """Terminate it, and return its output."""
        self.process.send_signal(signal.SIGTERM)
        output, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, errors
        return output + errors


def launch(folder: Path, **variables: str) -> Service:
    (folder / "program.py").write_text(PROGRAM)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--config", "python:program"),
            *("--bind", f"127.0.0.1:{port}", "program:create_app()"),
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return Service(port, process)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service that answers."""
    running = launch(tmp_path, NUMBER="7")
    until = time.monotonic() + 60
    while True:
        with suppress(ConnectionRefusedError):
            say(running.port, b"GET / HTTP/1.0\r\n\r\n")
            break
        assert time.monotonic() < until
        time.sleep(0.05)
    yield running
    running.process.kill()
    running.process.wait()


def test_parts_start_in_order_in_the_worker_and_stop_in_the_reverse_order(
    service: Service,
) -> None:
    written = [line for line in service.end().splitlines() if line.startswith(("star", "stop"))]
    assert written == [
        "started first True",
        "started second True",
        "stopped second",
        "stopped first",
    ]


def test_a_wrong_setting_ends_gunicorn_with_its_sentence(tmp_path: Path) -> None:
    started = launch(tmp_path, NUMBER="many")
    _, errors = started.process.communicate(timeout=60)
    assert started.process.returncode == 1
    assert errors.splitlines()[-1] == "invalid literal for int() with base 10: 'many'"
    assert "Traceback" not in errors


def test_what_cannot_be_read_is_refused_and_neither_logged_nor_sent_back(
    service: Service,
) -> None:
    for request, status in UNREADABLE:
        answer = say(service.port, request)
        assert int(answer.split()[1]) == status, (request, answer)
        assert SECRET not in answer, request
    assert b"alive" in say(service.port, b"GET / HTTP/1.0\r\n\r\n")
    written = service.end()
    assert SECRET.decode() not in written
    assert written.count("A request could not be read: ") == len(UNREADABLE)


class Nothing:
    def start(self) -> None: ...
    def stop(self) -> None: ...


def test_flask_run_says_that_it_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    init_app(Flask(__name__), Nothing())
    assert not caplog.records
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", "true")
    init_app(Flask(__name__), Nothing())
    assert "flask run starts no consumer" in caplog.text
