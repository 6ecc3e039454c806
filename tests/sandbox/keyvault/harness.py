"""A vault behind TLS on a free port of 127.0.0.1, and the unmodified SDK on its way there."""

import asyncio
import http.client
import json
import sqlite3
import ssl
import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import trustme
from aiohttp import web
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.keyvault.secrets import SecretClient
from requests.adapters import HTTPAdapter

from sandbox.audit import FILE, Audit, Gate, Outcome, Record, read
from sandbox.deployment import Deployment, Principal, PrincipalKind, RoleAssignment
from sandbox.entra import VAULT, VAULT_AUDIENCES, Issuer, SigningKey, Verifier
from sandbox.keyvault import KeyVault
from sandbox.rbac import Policy

SECRET = "webhook-signing-key"
API = "api-version=7.6"
KEY = bytes(range(32))


def principal(number: int, name: str) -> Principal:
    """Return a principal outside the deployment."""
    return Principal(name, PrincipalKind.USER, f"00000000-0000-4000-8000-{number:012}", "")


OFFICER = principal(1, "officer")
READER = principal(2, "reader")
OWNER = principal(3, "owner")
NEIGHBOUR = principal(4, "neighbour")
STRANGER = principal(5, "stranger")
EXTRA = (OFFICER, READER, OWNER, NEIGHBOUR, STRANGER)


def with_extras(deployment: Deployment) -> Deployment:
    """Return the deployment with five more principals, of other rights than its own."""
    vault = deployment.vault
    extra = (
        _assigned(vault.id, OFFICER, "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
        _assigned(vault.id, READER, "21090545-7ca7-4776-b22c-e363652d74d2"),
        _assigned(vault.id, OWNER, "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
        _assigned(
            vault.secret_id(f"{SECRET}-2"), NEIGHBOUR, "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"
        ),
    )
    return replace(
        deployment,
        assignments=deployment.assignments + extra,
        principals=deployment.principals + EXTRA,
    )


def _assigned(scope: str, who: Principal, role: str) -> RoleAssignment:
    name = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{who.principal_id}"
    return RoleAssignment(name, scope, who.principal_id, role, why="a test")


@dataclass
class Clock:
    """The time as the vault and Entra see it."""

    ahead: float = 0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Static:
    """A credential that has one token and gives it whenever asked."""

    text: str = field(repr=False)

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(self.text, int(time.time()) + 3600)


class _ToLoopback(HTTPAdapter):
    """Connects to one port of 127.0.0.1; TLS and HTTP name the host of the URL all the same."""

    def __init__(self, port: int, host: str) -> None:
        self._port, self._host = port, host
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"server_hostname": self._host, "assert_hostname": self._host}
        super().init_poolmanager(*args, **kwargs)

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        return {**host, "host": "127.0.0.1", "port": self._port}, pool

    def add_headers(self, request: requests.PreparedRequest, **_: Any) -> None:
        request.headers["Host"] = urlsplit(str(request.url)).netloc.removesuffix(":443")


class RunningVault:
    """A vault that answers, and what its callers need."""

    def __init__(
        self, deployment: Deployment, folder: Path, signing: SigningKey, ca: trustme.CA
    ) -> None:
        self.deployment = with_extras(deployment)
        self.vault = deployment.vault
        self.folder = folder
        self.clock = Clock()
        self.issuer = Issuer(signing, deployment.tenant_id, self.clock)
        self.signing = signing
        self._ca = ca
        self._ca_file = folder / "ca.pem"
        ca.cert_pem.write_to_path(self._ca_file)
        self._clients: list[SecretClient] = []
        self.start()

    def start(self, **unknowns: Any) -> None:
        """Open the vault's file and serve."""
        names = {each.principal_id: each.name for each in self.deployment.principals}
        tenant = self.deployment.tenant_id
        verifier = Verifier([self.signing], tenant, VAULT_AUDIENCES, names, self.clock)
        self._audit = Audit(self.folder / FILE)
        self.gate = gate = Gate(Policy.of(self.deployment), self._audit)
        self._keyvault = KeyVault(
            self.vault,
            tenant,
            verifier,
            gate,
            database=self.folder / "vault.db",
            key=KEY,
            clock=self.clock,
            **unknowns,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)

    def restart(self, **unknowns: Any) -> None:
        """Serve again, with another answer to an open question about Azure."""
        self.stop()
        self.start(**unknowns)

    def stop(self) -> None:
        """Leave no thread, port or file open behind."""
        for each in self._clients:
            each.close()
        self._clients.clear()
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self._keyvault.close()
        self._audit.close()

    def application(self, vault: KeyVault) -> web.Application:
        """Return the application that serves the vault."""
        return vault.application()

    async def _serve(self) -> int:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._ca.issue_cert(self.vault.host).configure_cert(context)
        self._runner = web.AppRunner(
            self.application(self._keyvault), handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        return int(self._runner.addresses[0][1])

    def principal(self, name: str) -> Principal:
        """Return a principal of the deployment by name."""
        return self.deployment.principal(name)

    def token(self, who: Principal, audience: str = VAULT, lifetime: int = 3600) -> str:
        """A token as Entra would issue it."""
        return self.issuer.issue(who, audience, lifetime=lifetime).text

    def claims(self, who: Principal) -> dict[str, Any]:
        """Return the claims of a token, for a forger to work on."""
        payload = self.token(who).split(".")[1]
        return dict(json.loads(urlsafe_b64decode(payload + "===")))

    def client(self, who: Principal) -> SecretClient:
        """The SDK, acting as `who`."""
        return self.client_with(self.token(who))

    def client_with(self, token: str, **options: Any) -> SecretClient:
        """The SDK, showing `token`."""
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", _ToLoopback(self.port, self.vault.host))
        transport = RequestsTransport(session=session, connection_verify=str(self._ca_file))
        url = f"https://{self.vault.host}/"
        client = SecretClient(url, Static(token), transport=transport, **options)
        self._clients.append(client)
        return client

    def send(
        self,
        method: str,
        target: str,
        token: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> "Reply":
        """A request with exactly this target, which no client library has tidied."""
        context = ssl.create_default_context(cafile=str(self._ca_file))
        context.check_hostname = False
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, context=context, timeout=10
        )
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
        given = {"Host": self.vault.host} | dict(headers or {})
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in (given | {"Content-Length": str(len(content))}).items():
            connection.putheader(name, value)
        connection.endheaders(content)
        response = connection.getresponse()
        reply = Reply(response.status, dict(response.getheaders()), response.read())
        connection.close()
        return reply

    def spoil(self, statement: str) -> None:
        """Change the vault's file behind its back."""
        with closing(sqlite3.connect(self.folder / "vault.db")) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(statement)

    def audit(self, *outcomes: Outcome) -> list[Record]:
        """Return the records of the audit, by default with any outcome."""
        everything = read(self.folder / FILE)
        return [each for each in everything if not outcomes or each.outcome in outcomes]


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def error(self) -> Any:
        return self.json["error"]
