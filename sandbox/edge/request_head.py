"""Reading the head of a request from a raw socket, without a byte beyond it.

The bytes after the head stay in the kernel for TLS, which takes over the same socket: none is lost,
and none is mistaken for plain text.
"""

import asyncio
import contextlib
import re
import socket

from sandbox.edge.connect import HEAD_LIMIT, ConnectError

_END = re.compile(rb"\n\r?\n")
_LONGEST_END = 3
_LINGER = 1.0
_CHUNK = 64 * 1024


async def read_head(connection: socket.socket) -> bytes:
    """Read up to the blank line.

    Raises ConnectError (400 if it cannot become a request, 431 if it is too long), and
    ConnectionError if the client disconnects.
    """
    head = bytearray()
    while True:
        await _readable(connection)
        seen = connection.recv(HEAD_LIMIT, socket.MSG_PEEK)
        if not seen:
            raise ConnectionAbortedError
        # A head may come byte by byte: search only the new bytes.
        before = bytes(head[1 - _LONGEST_END :])
        end = _END.search(before + seen)
        head += connection.recv(end.end() - len(before) if end else len(seen))
        _refuse_hopeless(head)
        if end:
            return bytes(head)


def _refuse_hopeless(head: bytearray) -> None:
    if not head[:1].isalpha():
        raise ConnectError(
            400, "That is no HTTP request; the proxy's own address is http, not https."
        )
    if len(head) > HEAD_LIMIT:
        raise ConnectError(431, f"The head of the request is longer than {HEAD_LIMIT} bytes.")


async def send_and_drain(connection: socket.socket, answer: bytes) -> None:
    """Send `answer` and read the rest: closing with unread bytes would reset the connection."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(OSError):
        async with asyncio.timeout(_LINGER):
            await loop.sock_sendall(connection, answer)
            connection.shutdown(socket.SHUT_WR)
            while await loop.sock_recv(connection, _CHUNK):
                pass


async def _readable(connection: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(connection, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(connection)
