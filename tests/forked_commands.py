"""Commands of the command line as forks of one process that has imported it.

The tests run hundreds of commands, and most of the time of a command is its imports. A fork has
its own arguments, environment, state, output and exit code, as a new process has. Some variables
are read when modules are imported, so a command where these differ has to be a process of its own.

A sandbox in the background is a fork, too: of `up --detach` and `demo` here, and of the labs,
which start theirs from the tests' process. Its command line in /proc is that of the first process.
"""

import gc
import json
import os
import re
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from cli import lifecycle
from sandbox.state import PROJECT, State

_LONGEST_REQUEST = 65536
_STATE = "KEYLESS_STATE"
_COMMAND, _SANDBOX = "command", "sandbox"
# Python itself, rich, typer and sandbox.commands read these when they start. PYTHONPATH is another
# matter: ./keyless sets its own for a command, so a shell's is for the user's programs.
_READ_AT_IMPORT = re.compile(
    r"PYTHON(?!PATH).*|L[CD]_.*|LANG|TZ|TERM|COLUMNS|LINES|NO_COLOR|FORCE_COLOR|TTY_.*|TYPER_.*"
    r"|SSLKEYLOGFILE|KEYLESS_(COMMAND|RESTART|GALLERY)"
)


@dataclass
class Commands:
    """A process that forks. It starts with the first command, and ends with the tests' process."""

    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _requests: socket.socket | None = None
    _process: "subprocess.Popen[str] | None" = None

    def fit(self, environment: Mapping[str, str]) -> bool:
        """Return whether a fork with this environment does as a process that starts with it."""
        return _read_at_import(environment) == _read_at_import(self.environment)

    def run(
        self, state: Path, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command on `state` as `subprocess.run` does, and capture its output."""
        reading, writing = os.pipe()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            request = _request(_COMMAND, environment or self.environment, state, arguments)
            self._send(request, [out.fileno(), err.fileno(), writing])
            os.close(writing)
            with open(reading, encoding="ascii") as result:
                code = int(result.read())
            texts = [_text(each.fileno()) for each in (out, err)]
        return subprocess.CompletedProcess(["keyless", *arguments], code, *texts)

    def start_sandbox(
        self, state: State, port: int | None, log: Path, options: Sequence[str]
    ) -> "Forked":
        """Start a sandbox in the background, as `cli.lifecycle` does."""
        return _sandbox(self._send, state, port, log, options)

    def _send(self, request: bytes, files: Sequence[int]) -> None:
        with self._lock:
            if self._requests is None:
                self._requests = self._start()
            with suppress(ConnectionError):
                socket.send_fds(self._requests, [request], files)
                if self._requests.recv(1):
                    return
            raise AssertionError(f"the process that forks has ended: {self._error()}")

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


class Forked:
    """A sandbox that is a fork of another process, with the methods of Popen that are needed."""

    def __init__(self, pid: int) -> None:
        """`pid` is a process that runs."""
        self.pid = pid
        self._file = os.pidfd_open(pid)

    def __del__(self) -> None:
        os.close(self._file)

    def poll(self) -> int | None:
        """Return 0 once it has ended, whatever its status was."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises subprocess.TimeoutExpired."""
        if timeout is not None and not select.select([self._file], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("keyless", timeout)
        select.select([self._file], [], [])
        return 0

    def terminate(self) -> None:
        """Send SIGTERM, unless it has ended."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL, unless it has ended."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._file, number)


def _sandbox(
    send: Callable[[bytes, Sequence[int]], object],
    state: State,
    port: int | None,
    log: Path,
    options: Sequence[str],
) -> Forked:
    """Ask for a fork that is a sandbox in the background, and wait until it has begun."""
    given = ["up", "--state", str(state.root), *options]
    given += [] if port is None else ["--port", str(port)]
    reading, writing = os.pipe()
    with log.open("ab") as file:
        request = _request(_SANDBOX, os.environ, state.root, given)
        send(request, [file.fileno(), file.fileno(), writing])
    os.close(writing)
    with open(reading, encoding="ascii") as result:
        return Forked(int(result.read()))


def _read_at_import(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if _READ_AT_IMPORT.fullmatch(name)}


def _request(
    kind: str, environment: Mapping[str, str], state: Path, arguments: Sequence[str]
) -> bytes:
    own = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    request = json.dumps([kind, own | {_STATE: str(state)}, *arguments]).encode()
    assert len(request) < _LONGEST_REQUEST
    return request


def _text(file: int) -> str:
    with open(file, encoding="utf-8", closefd=False) as opened:
        opened.seek(0)
        return opened.read()


def _serve(requests: socket.socket, of_forks: socket.socket) -> list[str]:
    """Fork for each request of the tests, and of the forks; return its arguments in the fork."""
    while True:
        ready = select.select([requests, of_forks], [], [])[0]
        request, files, _, _ = socket.recv_fds(ready[0], _LONGEST_REQUEST, 3)
        _reap()
        if not request:
            os._exit(0)
        kind, environment, *given = json.loads(request)
        if not (pid := os.fork()):
            requests.close()
            of_forks.close()
            os.environ.clear()
            os.environ.update(environment)
            return (_as_sandbox if kind == _SANDBOX else _as_command)(given, *files)
        if kind == _SANDBOX:
            os.write(files[2], str(pid).encode())
        for file in files:
            os.close(file)
        if ready[0] is requests:
            requests.send(b"+")


def _reap() -> None:
    """Wait for the forks that have ended: so their times are among those of this process."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _as_command(given: list[str], out: int, err: int, result: int) -> list[str]:
    """Fork again, and return in the second process; the first one reports its exit code."""
    if child := os.fork():
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.write(result, str(code).encode())
        os._exit(0)
    return _with_output(given, out, err, result)


def _as_sandbox(given: list[str], out: int, err: int, result: int) -> list[str]:
    """Leave the session of the tests, as a sandbox in the background does."""
    os.setsid()
    return _with_output(given, out, err, result)


def _with_output(given: list[str], out: int, err: int, result: int) -> list[str]:
    os.dup2(out, 1)
    os.dup2(err, 2)
    for file in (out, err, result):
        os.close(file)
    return given


def _main(requests: socket.socket) -> None:
    """Import all commands, and run one in each fork."""
    from cli.application import application

    application()
    gc.freeze()
    ours, of_forks = socket.socketpair(type=socket.SOCK_DGRAM)
    if hasattr(os, "pidfd_open"):
        send = partial(_send_from_fork, ours)
        lifecycle._spawned = partial(_sandbox, send)  # type: ignore[assignment]
    sys.argv[1:] = _serve(requests, of_forks)
    runpy.run_module("cli", run_name="__main__", alter_sys=True)


def _send_from_fork(to: socket.socket, request: bytes, files: Sequence[int]) -> None:
    socket.send_fds(to, [request], files)


if __name__ == "__main__":
    _main(socket.socket(fileno=int(sys.argv[1])))
