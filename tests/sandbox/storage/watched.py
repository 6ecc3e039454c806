"""The real edge, plane and Azurite in a row, and the operations of Azurite's own handlers."""

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from aiohttp import web
from joserfc.jwk import RSAKey

from sandbox.audit import FILE, Audit, Gate, Record
from sandbox.audit.log import parse
from sandbox.deployment import load
from sandbox.edge import Certificate, Edge
from sandbox.entra import Issuer, SigningKey, Verifier, blob_audiences
from sandbox.rbac import Policy
from sandbox.state import State
from sandbox.storage import Azurite, free_port
from sandbox.storage.plane import BlobStorage
from tests.sandbox.storage.dispatch import BLOB_SERVER
from tests.sandbox.storage.harness import Running, Storage, policy_of, principals_of

_SCRIPT = Path(__file__).with_name("watch.js")
_EXECUTED = "executed.jsonl"


@dataclass(frozen=True)
class Source:
    """The blob that a copy reads."""

    account: str
    container: str
    blob: str
    snapshot: str


@dataclass(frozen=True)
class Executed:
    """A call of one of Azurite's handlers; `id` is the client's own for the request."""

    id: str
    operation: str
    account: str
    container: str
    blob: str
    snapshot: str
    only_new: bool
    reads_tags: bool
    writes_tags: bool
    length: int
    source: Source | None = None


class WatchedAzurite(Azurite):
    """An Azurite that logs the operations it carries out."""

    @property
    def executed(self) -> Path:
        return self.folder.with_name(_EXECUTED)

    def environment(self, *others: Azurite) -> Mapping[str, str]:
        watch = {"WATCH_MAIN": str(BLOB_SERVER), "WATCH_FILE": str(self.executed)}
        return {**super().environment(*others), **watch, "NODE_OPTIONS": f'--require "{_SCRIPT}"'}


class BehindEdge(Running):
    """Serves through the proxy instead of on a port of the gateway's own."""

    def __init__(
        self, edge: Edge, gateway: BlobStorage, azurite: Azurite, containers: tuple[str, ...]
    ) -> None:
        super().__init__(gateway, azurite, trustme.CA(), containers)
        self._edge = edge

    async def _listen(self) -> None:
        try:
            self._ready.set_result(await self._edge.start())
            await self._over.wait()
        finally:
            await self._edge.stop()


class Tail:
    """The lines that were added to a file since the last look."""

    def __init__(self, path: Path) -> None:
        self._path, self._position = path, 0

    def lines(self) -> list[str]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._position)
            whole, end, _ = file.read().rpartition(b"\n")
        self._position += len(whole) + len(end)
        return whole.decode().split("\n") if whole else []


@dataclass(frozen=True)
class Watched:
    """A client's view of the row, and a look at both of its ends."""

    storage: Storage
    policy: Policy
    audit: Tail
    azurite: Tail

    def records(self) -> list[Record]:
        """Return the new records of the audit."""
        return [parse(each) for each in self.audit.lines()]

    def executed(self) -> list[Executed]:
        """Return the operations that are new at Azurite."""
        return [_executed(json.loads(each)) for each in self.azurite.lines()]

    def tunnel(self, host: str, sni: str) -> ssl.SSLSocket:
        """TLS in a tunnel to `host`. Raises OSError if there is none."""
        connection = socket.create_connection(("127.0.0.1", self.storage.port), timeout=20)
        try:
            connection.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
            if not connection.recv(1024).startswith(b"HTTP/1.1 200 "):
                raise ConnectionRefusedError
            return self.storage.trusted.wrap_socket(connection, server_hostname=sni)
        except OSError:
            connection.close()
            raise


def _executed(fields: dict[str, Any]) -> Executed:
    source = fields.pop("source", None)
    return Executed(**fields, source=Source(**source) if source else None)


def _anything() -> web.Application:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="another host")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    return application


@contextmanager
def watched(folder: Path, others: tuple[str, ...]) -> Iterator[Watched]:
    """The row, with applications for `others` beside it that answer everything."""
    state = State.open(folder)
    deployment = load(state)
    account, principals = deployment.storage, principals_of(deployment)
    key, audit = SigningKey.of(RSAKey.generate_key(2048)), Audit(state.path(FILE))
    policy = policy_of(deployment, principals)
    gate = Gate(policy, audit)
    names = {each.principal_id: name for name, each in principals.items()}
    verifier = Verifier([key], deployment.tenant_id, blob_audiences(account.host), names)
    azurite = WatchedAzurite(account.name, account.host, state.folder("azurite"), free_port())
    gateway = BlobStorage(account, deployment.tenant_id, verifier, gate, azurite.backend())
    certificate = Certificate.keep(state, [account.host, *others])
    routes = {account.host: gateway.application(), **{each: _anything() for each in others}}
    trusted = ssl.create_default_context(cafile=str(certificate.authority))
    trusted.check_hostname = False
    edge = Edge(routes, certificate, gate)
    with BehindEdge(edge, gateway, azurite, account.containers) as port:
        issuer = Issuer(key, deployment.tenant_id)
        audit_file = state.path(FILE)
        storage = Storage(
            deployment, issuer, principals, audit_file, port, trusted, azurite, key, gate
        )
        yield Watched(storage, policy, Tail(audit_file), Tail(azurite.executed))
    audit.close()
