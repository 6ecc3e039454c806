"""One Azurite and one plane behind TLS, and clients that reach them."""

import asyncio
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import trustme
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobServiceClient
from requests.adapters import HTTPAdapter

from sandbox.audit import Gate, Record, read
from sandbox.deployment import (
    Deployment,
    Principal,
    PrincipalKind,
    RoleAssignment,
    RoleDefinition,
)
from sandbox.entra import BLOB, Issuer, SigningKey
from sandbox.rbac import Action, Policy
from sandbox.storage import Azurite, free_port
from sandbox.storage.operations import OPERATIONS
from sandbox.storage.plane import BlobStorage

BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
ROLE_IDS = "/providers/Microsoft.Authorization/roleDefinitions"
VERSION = "2025-11-05"


@dataclass(frozen=True)
class Answer:
    """An answer."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    reason: str = ""

    @property
    def code(self) -> str:
        return self.headers.get("x-ms-error-code", "")

    @property
    def text(self) -> str:
        return self.body.decode()


class Loopback(HTTPAdapter):
    """Leads every request to one port of this machine; the name stays in Host and in the TLS."""

    def __init__(self, host: str, port: int, trusted: ssl.SSLContext) -> None:
        self._host, self._port, self._trusted = host, port, trusted
        super().__init__(pool_maxsize=32)

    def build_connection_pool_key_attributes(
        self, request: Any, verify: Any, cert: Any = None
    ) -> Any:
        names = {"server_hostname": self._host, "assert_hostname": self._host}
        host = {"scheme": "https", "host": "127.0.0.1", "port": self._port}
        return host, {"ssl_context": self._trusted, **names}

    def add_headers(self, request: Any, **kwargs: Any) -> None:
        request.headers["Host"] = self._host


@dataclass(frozen=True)
class Storage:
    """The plane as clients see it, and its parts."""

    deployment: Deployment
    issuer: Issuer
    principals: dict[str, Principal]
    audit_file: Path
    port: int
    trusted: ssl.SSLContext
    azurite: Azurite
    signing: SigningKey
    gate: Gate
    tokens: dict[tuple[str, str, int], str] = field(default_factory=dict, repr=False)

    @property
    def host(self) -> str:
        return self.deployment.storage.host

    def token(self, name: str, audience: str = BLOB, lifetime: int = 3600) -> str:
        """Return one token for each purpose, as a service would cache it."""
        known = self.tokens.get((name, audience, lifetime))
        if known is None:
            known = self.issuer.issue(self.principals[name], audience, lifetime=lifetime).text
            self.tokens[name, audience, lifetime] = known
        return known

    def sdk(self, name: str, **options: Any) -> BlobServiceClient:
        """Return the SDK's client, acting as `name`."""
        return self.sdk_with(Static(self.token(name)), **options)

    def sdk_with(self, credential: Any, **options: Any) -> BlobServiceClient:
        transport = RequestsTransport(session=self.session(), session_owner=False)
        options = {"retry_total": 0, "transport": transport} | options
        return BlobServiceClient(f"https://{self.host}", credential, **options)

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", Loopback(self.host, self.port, self.trusted))
        return session

    def send(
        self,
        method: str,
        target: str,
        who: str | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Send one request, its target unencoded; without a token if `who` is None."""
        lines = {"Host": self.host, "x-ms-version": VERSION, "Content-Length": str(len(body))}
        if who:
            lines["Authorization"] = f"Bearer {self.token(who)}"
        lines |= headers or {}
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return self.wire(f"{method} {target} HTTP/1.1\r\n{text}\r\n".encode() + body, method)

    def wire(self, octets: bytes, method: str = "GET") -> Answer:
        """Send octets on a connection of their own."""
        with self.connect() as channel:
            channel.sendall(octets)
            response = http.client.HTTPResponse(channel, method=method)
            response.begin()
            return Answer(response.status, response.headers, response.read(), response.reason)

    def connect(self) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return self.trusted.wrap_socket(plain, server_hostname=self.host)

    @contextmanager
    def without_roles(self, name: str) -> Iterator[None]:
        """Decide as if the principal had no role, until the block ends."""
        before: Any = self.gate.policy
        gone = self.principals[name].principal_id
        others = [each for each in before.assignments if each.principal_id != gone]
        self.gate.policy = Policy(others, before.custom_roles)
        try:
            yield
        finally:
            self.gate.policy = before

    def audited(self) -> list[Record]:
        return list(read(self.audit_file))


class Static:
    """A credential that has one token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(self._token, 2**31)


class Running:
    """Azurite and the plane on an event loop of their own."""

    def __init__(
        self,
        gateway: BlobStorage,
        azurite: Azurite,
        authority: trustme.CA,
        containers: tuple[str, ...],
    ) -> None:
        self._gateway, self._azurite = gateway, azurite
        self._authority, self._containers = authority, (*containers, "elsewhere", "scratch")
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._ready: Future[int] = Future()

    def __enter__(self) -> int:
        self._thread.start()
        return self._ready.result(60)

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)

    async def _run(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with self._azurite.running(self._containers):
                await self._listen()
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            raise

    async def _listen(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._authority.issue_cert(self._azurite.host).configure_cert(context)
        runner = web.AppRunner(self._gateway.application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
        self._ready.set_result(port)
        await self._over.wait()
        await runner.cleanup()


def principals_of(deployment: Deployment) -> dict[str, Principal]:
    """Return the deployment's principals, and made-up ones with one of the roles below, or none."""
    made_up = ["nobody", *(role.name for role in made_up_roles())]
    return {each.name: each for each in deployment.principals} | {
        name: _made_up(name, number) for number, name in enumerate(made_up)
    }


def _made_up(name: str, number: int) -> Principal:
    ids = (f"00000000-0000-4000-8000-{kind}{number:011d}" for kind in "12")
    return Principal(name, PrincipalKind.USER_ASSIGNED, next(ids), next(ids), f"/made-up/{number}")


def made_up_roles() -> list[RoleDefinition]:
    """Return a role with all actions, one per action, and one per operation without its own."""
    everything = RoleDefinition(f"{ROLE_IDS}/all", "owner", actions=("*",), data_actions=("*",))
    single = {action.name: _just(action) for each in OPERATIONS for action in each.actions}
    others = {actions: _all_but(actions) for actions in {each.actions for each in OPERATIONS}}
    return [everything, *single.values(), *others.values()]


def _just(action: Action) -> RoleDefinition:
    name = (action.name,)
    role_id = f"{ROLE_IDS}/{action.name.replace('/', '.')}"
    return RoleDefinition(
        role_id,
        action.name,
        actions=() if action.data else name,
        data_actions=name if action.data else (),
    )


def _all_but(actions: tuple[Action, ...]) -> RoleDefinition:
    names = tuple(each.name for each in actions)
    return RoleDefinition(
        f"{ROLE_IDS}/all-but-{'-'.join(names).replace('/', '.')}",
        all_but(actions),
        actions=("*",),
        not_actions=() if actions[0].data else names,
        data_actions=("*",),
        not_data_actions=names if actions[0].data else (),
    )


def all_but(actions: tuple[Action, ...]) -> str:
    """Return the name of the principal with every right but these."""
    return f"all but {' or '.join(each.name for each in actions)}"


def policy_of(deployment: Deployment, principals: dict[str, Principal]) -> Policy:
    account, roles = deployment.storage.id, made_up_roles()
    assignments = [
        RoleAssignment(
            f"{role.id}/assigned", account, principals[role.name].principal_id, role.id, "a test"
        )
        for role in roles
    ]
    return Policy((*deployment.assignments, *assignments), (*deployment.custom_roles, *roles))
