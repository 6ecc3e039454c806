"""Commands of the command line as forks of one process that has imported it.

The tests run hundreds of commands, and most of the time of a command is its imports. A fork has
its own arguments, state, output and exit code, as a new process has. It shares the environment,
so a command with another environment has to be a process of its own.
"""

import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.state import PROJECT

_LONGEST_REQUEST = 65536
_STATE = "KEYLESS_STATE"


@dataclass
class Commands:
    """A process that forks. It starts with the first command, and ends with the tests' process."""

    environment: dict[str, str] = field(default_factory=lambda: _relevant(dict(os.environ)))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _requests: socket.socket | None = None
    _process: "subprocess.Popen[str] | None" = None

    def fit(self, environment: dict[str, str]) -> bool:
        """Return whether a fork would have this environment, apart from the state's folder."""
        return _relevant(environment) == self.environment

    def run(self, state: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command on `state` as `subprocess.run` does, and capture its output."""
        request = json.dumps([str(state), *arguments]).encode()
        assert len(request) < _LONGEST_REQUEST
        reading, writing = os.pipe()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            self._send(request, [out.fileno(), err.fileno(), writing])
            os.close(writing)
            with open(reading, encoding="ascii") as result:
                code = int(result.read())
            texts = [_text(each.fileno()) for each in (out, err)]
        return subprocess.CompletedProcess(["keyless", *arguments], code, *texts)

    def _send(self, request: bytes, files: list[int]) -> None:
        with self._lock:
            if self._requests is None:
                self._requests = self._start()
            socket.send_fds(self._requests, [request], files)
            assert self._requests.recv(1), f"the process that forks has ended: {self._error()}"

    def _error(self) -> str:
        return self._process.communicate()[1] if self._process else ""

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked_commands", str(theirs.fileno())],
            cwd=PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            # Not the terminal of the tests: rich chooses its colours when it is imported.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        return ours


def _relevant(environment: dict[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if name != _STATE and not name.startswith("PYTEST_")
    }


def _text(file: int) -> str:
    with open(file, encoding="utf-8", closefd=False) as opened:
        opened.seek(0)
        return opened.read()


def _serve(requests: socket.socket) -> list[str]:
    """Fork for each request; return its arguments in the fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, files, _, _ = socket.recv_fds(requests, _LONGEST_REQUEST, 3)
        if not request:
            os._exit(0)
        if not os.fork():
            requests.close()
            return _in_fork(request, *files)
        for file in files:
            os.close(file)
        requests.send(b"+")


def _in_fork(request: bytes, out: int, err: int, result: int) -> list[str]:
    """Fork again, and return in the second process; the first one reports its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if child := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(result, str(code).encode())
        os._exit(0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    for file in (out, err, result):
        os.close(file)
    given: list[str] = json.loads(request)
    os.environ[_STATE] = given[0]
    return given[1:]


if __name__ == "__main__":
    from cli.application import application

    application()
    gc.freeze()
    sys.argv[1:] = _serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("cli", run_name="__main__", alter_sys=True)
