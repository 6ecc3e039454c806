"""The sign-in of one tenant with two users, a client's view of it, and a clock that can be set."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.fernet import Fernet

from sandbox.deployment import Principal, PrincipalKind
from sandbox.entra import AccessToken, DeviceCodes, IdTokens, RefreshTokens, SignIn, login, page
from sandbox.entra.claims import AZURE_CLI
from tests.sandbox.entra.forge import TENANT, Tenant

SCOPE = "https://storage.azure.com/.default offline_access openid profile"
POLL = "urn:ietf:params:oauth:grant-type:device_code"
DEVELOPER, OPERATOR = (
    Principal(name, PrincipalKind.USER, f"{number * 8}-0000-4000-8000-000000000000", "")
    for name, number in (("developer", "3"), ("operator", "4"))
)


@dataclass
class Book:
    """A ledger that can be full."""

    tokens: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    full: bool = False

    def issued(
        self, identity: str, principal_id: str, token: AccessToken, service: str = ""
    ) -> None:
        if self.full:
            raise OSError("no space left")
        self.tokens.append((identity, token.audience))

    def refuse(self, service: str, operation: str, reason: str, identity: str = "") -> None:
        self.refusals.append(reason)


class Desk:
    """Where a program asks for codes and tokens, and a person answers for it."""

    def __init__(self, tenant: Tenant) -> None:
        def clock() -> float:
            return tenant.now

        self.tenant = tenant
        self.book = Book()
        self.sign_in = SignIn(
            tenant.issuer,
            IdTokens(tenant.key, TENANT, clock),
            RefreshTokens(Fernet.generate_key(), clock),
            DeviceCodes(clock),
            users=[DEVELOPER, OPERATOR],
            ledger=self.book,
            page="http://127.0.0.1:1/device",
        )

    def begin(self, scope: str = SCOPE, client_id: str = AZURE_CLI) -> dict[str, Any]:
        """Return the answer to a request for codes."""
        return self.post("devicecode", client_id=client_id, scope=scope)[1]

    def poll(self, codes: dict[str, Any], **more: str) -> tuple[int, dict[str, Any]]:
        form = {"client_id": AZURE_CLI, "grant_type": POLL, "device_code": codes["device_code"]}
        return self.post("token", **{**form, **more})

    def refresh(self, token: str, scope: str = SCOPE, **more: str) -> tuple[int, dict[str, Any]]:
        form = {"client_id": AZURE_CLI, "grant_type": "refresh_token", "scope": scope}
        return self.post("token", **{**form, "refresh_token": token, **more})

    def signed_in(self, who: Principal = DEVELOPER, scope: str = SCOPE) -> dict[str, Any]:
        """The tokens of a sign-in that was approved."""
        codes = self.begin(scope)
        self.sign_in.codes.approve(codes["user_code"], who)
        return self.poll(codes)[1]

    def post(
        self, what: str, tenant: str = "organizations", **form: str
    ) -> tuple[int, dict[str, Any]]:
        status, found, _ = self.ask("POST", f"/{tenant}/oauth2/v2.0/{what}", data=form)
        return status, found

    def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any, dict[str, str]]:
        """Return the answer of the login: status, JSON, headers."""
        application = login.application(TENANT, self.tenant.key, self.sign_in)
        return asked(application, method, path, **options)

    def on_page(self, method: str, path: str, **options: Any) -> tuple[int, Any, dict[str, str]]:
        """Return the answer of the page."""
        return asked(page.application(self.sign_in), method, path, **options)


def asked(
    application: web.Application, method: str, path: str, **options: Any
) -> tuple[int, Any, dict[str, str]]:
    """The status, the JSON or text, and the headers of an answer."""

    async def ask() -> tuple[int, Any, dict[str, str]]:
        server = TestServer(application)
        async with TestClient(server) as client, client.request(method, path, **options) as reply:
            is_json = reply.content_type == "application/json"
            body = await reply.json() if is_json else await reply.text()
            return reply.status, body, dict(reply.headers)

    return asyncio.run(ask())
