"""A process that imports the packages of several programs once, and forks each program from itself.

`python -m sandbox.guard.fork_server MODULE:FUNCTION` calls the function, which imports them. Each
program then starts without that work, and all share the modules in memory.

Standard input is a socket. A byte with the descriptor of a connection asks for a program; the end
of the socket ends this process. On the connection the sandbox sends the program as JSON, after its
length in eight digits. A further byte, or the end of the connection, ends the program, as it does
in process_guard.py. The answer is the program's exit status in digits.
"""

import gc
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from sandbox.guard.process_guard import fork_session, guard, wake_up_on_signals

LENGTH_DIGITS = 8
# The names of processes; a program has its own.
SERVER, GUARD = "fork-server", "guard"
_NAME = Path("/proc/self/comm")


def main(imports: str) -> None:
    """Import the packages; then fork a guard with its program for each connection."""
    _rename(SERVER)
    gc.disable()
    before = dict(os.environ)
    # A program imports again what is missing, and its log has the reason.
    with suppress(Exception):
        pkgutil.resolve_name(imports)()
    set_by_imports = dict(os.environ.items() - before.items())
    # Otherwise a collection in a program would write to each shared page, and so copy it:
    # docs.python.org/3/library/gc.html#gc.freeze
    gc.freeze()
    connection = _next_connection()
    program = _received(connection) if connection else None
    if connection and program:
        program["environment"] = set_by_imports | program["environment"]
        _run(program, connection)


def _next_connection() -> socket.socket | None:
    """Return a connection, in a new process for each; None in this one when stdin has ended."""
    # The kernel reaps the guards: the sandbox gets a status by the program's connection.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=sys.stdin.fileno()) as requests:
        while True:
            byte, descriptors, _, _ = socket.recv_fds(requests, 1, 1)
            if not byte:
                return None
            connection = socket.socket(fileno=descriptors[0])
            if os.fork() == 0:
                return connection
            connection.close()


def _received(connection: socket.socket) -> dict[str, Any] | None:
    """Return the program that the connection asks for; None if the sandbox has ended."""
    length = connection.recv(LENGTH_DIGITS, socket.MSG_WAITALL)
    if not length:
        return None
    program: dict[str, Any] = json.loads(connection.recv(int(length), socket.MSG_WAITALL))
    return program


def _run(program: dict[str, Any], connection: socket.socket) -> None:
    """Run the program in a child, and guard it in this process."""
    _rename(GUARD)
    wake_up = wake_up_on_signals()
    child = fork_session()
    if child == 0:
        connection.close()
        _become(program)
    else:
        _guard(child, wake_up, connection, program["grace"])


def _guard(child: int, wake_up: int, connection: socket.socket, grace: float) -> NoReturn:
    status = guard(child, wake_up, connection.fileno(), grace)
    with suppress(OSError):  # the sandbox has ended
        connection.sendall(str(status).encode())
    os._exit(0)  # an ordinary end would visit, and so copy, every module


def _become(program: dict[str, Any]) -> None:
    """Do as `python -m MODULE ARGUMENTS` does in a process of its own."""
    _rename(program["name"])
    output = os.open(program["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(program["folder"])
    os.environ.clear()
    os.environ.update(program["environment"])
    sys.argv = [program["module"], *program["arguments"]]
    gc.enable()
    runpy.run_module(program["module"], run_name="__main__", alter_sys=True)


def _rename(name: str) -> None:
    """Give this process a name for `ps -e`, `top` and `pkill`, where the system has /proc."""
    with suppress(OSError):
        _NAME.write_text(name[:15], "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
