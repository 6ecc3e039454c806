"""The fastest hop in front of Azurite that Python allows: TLS, and a signature for Azurite.

It takes CONNECT, ends TLS, signs the head of each request and copies all else. It verifies no
token, decides and records nothing, and understands only the requests of `bench.client.blobs`, which
have no query and follow the answer to the last. Runs as a process, until its stdin ends.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any

from bench.baseline import Baseline
from bench.process import Process
from sandbox.edge import Certificate
from sandbox.state import State
from sandbox.storage import Azurite
from sandbox.supervisor.environment import minimal_environment

_ESTABLISHED = b"HTTP/1.1 200 OK\r\n\r\n"
_END = b"\r\n\r\n"
# In the order of a signature; https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
_SIGNED = (
    *("content-encoding", "content-language", "content-length", "content-md5", "content-type"),
    *("date", "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"),
)


@dataclass(frozen=True)
class Account:
    """An account of the Azurite behind the hop, on a port of loopback."""

    name: str
    host: str
    port: int
    key: bytes = field(repr=False)


@contextmanager
def hop(azurite: Azurite, root: Path) -> Iterator[Baseline]:
    """Run the hop in front of `azurite`. Raises BenchError if it does not start."""
    state = State.open(root / "hop")
    environment = minimal_environment(state.folder("home"))
    account = {"name": azurite.account, "host": azurite.host, "port": azurite.port}
    with Process(__name__, environment, state.path("bench.log")) as process:
        yield Baseline(**process.ask(state=str(state.root), key=azurite.key, **account))


class _Copy(asyncio.Protocol):
    """Copies received bytes to `to`, and reads no more while that is full."""

    def __init__(self) -> None:
        self.to: asyncio.Transport
        self.own: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream has one
        self.own = transport

    def data_received(self, data: bytes) -> None:
        self.to.write(data)

    def pause_writing(self) -> None:
        self.to.pause_reading()

    def resume_writing(self) -> None:
        self.to.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.to.close()


class _Requests(_Copy):
    """Signs each head on its way to Azurite."""

    def __init__(self, account: Account, answers: _Copy) -> None:
        self._account, self._answers, self.to = account, answers, answers.own
        self._head, self._left = b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._answers.to = self.own
        self._socket: socket.socket = transport.get_extra_info("socket")

    def data_received(self, data: bytes) -> None:
        if not self._left:
            # A client may wait for this before it sends the body: see sandbox/edge/site.py.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            head, end, body = (self._head + data).partition(_END)
            if not end:
                self._head = head
                return
            signed, self._left = signed_head(head.decode("latin-1"), self._account)
            self._head, data = b"", signed + body
            self._left += len(signed)
        self._left -= len(data)
        self.to.write(data)


def signed_head(head: str, account: Account) -> tuple[bytes, int]:
    """Return the head for Azurite, and the length of the body."""
    line, *fields = head.split("\r\n")
    method, target, _ = line.split(" ")
    sent = {name.lower(): value for name, _, value in (each.partition(": ") for each in fields)}
    known = {name: sent[name] for name in _SIGNED if name in sent}
    own = {name: value for name, value in sent.items() if name.startswith("x-ms-")}
    own["x-ms-date"] = formatdate(usegmt=True)
    text = [method, *(known.get(name, "") for name in _SIGNED)]
    if known.get("content-length") == "0":
        text[1 + _SIGNED.index("content-length")] = ""
    text += [f"{name}:{own[name]}" for name in sorted(own)]
    text.append(f"/{account.name}{target}")
    proof = base64.b64encode(hmac.digest(account.key, "\n".join(text).encode(), hashlib.sha256))
    own["authorization"] = f"SharedKey {account.name}:{proof.decode()}"
    lines = [line, f"host: {account.host}", *(f"{k}: {v}" for k, v in (known | own).items())]
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1"), int(sent.get("content-length", 0))


async def _serve(account: Account, context: ssl.SSLContext, client: socket.socket) -> None:
    """Take a tunnel, unless the client disconnects before it stands."""
    loop = asyncio.get_running_loop()
    _, answers = await loop.create_connection(_Copy, "127.0.0.1", account.port)
    with suppress(OSError):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await loop.sock_recv(client, 64 * 1024)
        await loop.sock_sendall(client, _ESTABLISHED)
        made = partial(_Requests, account, answers)
        await loop.connect_accepted_socket(made, client, ssl=context)


async def _accept(listener: socket.socket, account: Account, context: ssl.SSLContext) -> None:
    async with asyncio.TaskGroup() as serving:
        while True:
            client, _ = await asyncio.get_running_loop().sock_accept(listener)
            client.setblocking(False)
            serving.create_task(_serve(account, context, client))


async def _run(asked: dict[str, Any]) -> None:
    certificate = Certificate.keep(State.open(Path(asked.pop("state"))), [asked["host"]])
    account = Account(key=base64.b64decode(asked.pop("key")), **asked)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        accepting = asyncio.create_task(_accept(listener, account, certificate.server_context()))
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        print(json.dumps({"proxy": proxy, "ca": str(certificate.authority), "amqp_port": 0}))
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        accepting.cancel()


if __name__ == "__main__":
    asyncio.run(_run(json.loads(sys.stdin.readline())))
