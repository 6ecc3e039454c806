"""Starts services from one process that has imported their packages, instead of each by itself."""

import asyncio
import json
import socket
from contextlib import suppress
from dataclasses import dataclass

from sandbox.guard.fork_server import LENGTH_DIGITS
from sandbox.supervisor.program import Program, Running, launch_guarded, output_of

_KILLED = 137


@dataclass(frozen=True)
class _Forked:
    """A program of the fork server, at the other end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def wait(self) -> int:
        with suppress(ConnectionError):
            # Without an answer, its guard was killed.
            return int(await self.reader.read() or _KILLED)
        return _KILLED

    def end(self) -> None:
        self.writer.write(b".")  # asks for a graceful end (sandbox/guard)
        if self.writer.can_write_eof():
            self.writer.write_eof()


class ForkServer:
    """A child process that forks programs; it starts again if it was killed.

    `server` is its own program.
    """

    def __init__(self, server: Program) -> None:
        self._server = server
        self._process: asyncio.subprocess.Process | None = None
        self._requests = socket.socket()
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Start it, unless it runs; it imports meanwhile. Raises OSError."""
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                self._requests.close()
                self._requests, theirs = socket.socketpair()
                with theirs:
                    self._process = await self._spawn(theirs)

    async def stop(self) -> None:
        """End it; the programs that it has forked go on."""
        self._requests.close()
        if self._process is not None:
            await self._process.wait()

    async def launch(self, program: Program) -> Running:
        """Start a program under a guard, by a fork if that is allowed. Raises OSError."""
        if not program.forkable:
            return await launch_guarded(program)
        await self.start()
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._requests, [b"."], [theirs.fileno()])
        reader, writer = await asyncio.open_connection(sock=ours)
        request = _request(program)
        writer.write(f"{len(request):0{LENGTH_DIGITS}}".encode() + request)
        return _Forked(reader, writer)

    async def _spawn(self, requests: socket.socket) -> asyncio.subprocess.Process:
        with output_of(self._server) as output:
            return await asyncio.create_subprocess_exec(
                *self._server.command,
                stdin=requests.fileno(),
                stdout=output,
                stderr=output,
                env=dict(self._server.environment),
                cwd=self._server.folder,
                start_new_session=True,
            )


def _request(program: Program) -> bytes:
    _python, _m, module, *arguments = program.command
    return json.dumps(
        {
            "name": program.name,
            "module": module,
            "arguments": arguments,
            "environment": dict(program.environment),
            "folder": str(program.folder),
            "log": str(program.log),
            "grace": program.grace,
        }
    ).encode()
