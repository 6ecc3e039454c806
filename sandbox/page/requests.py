"""Sends a request as one of the deployment's principals, through the sandbox's own front door."""

import secrets
import ssl
from dataclasses import dataclass

import aiohttp

from sandbox.deployment import ContainerApp, Deployment, Principal, PrincipalKind
from sandbox.entra import AccessToken
from sandbox.page.attempts import NEW, Attempt
from sandbox.page.running import Running

# The audit's reason for a token that this page has asked for.
FOR_THE_PAGE = "for the page"
# Characters of an error's text.
_LONGEST = 4096
_TIMEOUT = aiohttp.ClientTimeout(total=20)


@dataclass(frozen=True)
class Answer:
    """An answer to `request`: its status, and the text of an error, never a text that is served."""

    request: str
    status: int
    reason: str
    text: str
    challenge: str = ""


def token_for(running: Running, principal: Principal, audience: str) -> AccessToken:
    """Return a new token of a principal, which the audit has as issued for the page.

    Raises AuditError.
    """
    planes = running.planes
    is_user = principal.kind is PrincipalKind.USER
    lifetime = planes.issuer.lifetimes.user if is_user else None
    host = _app_of(planes.deployment, principal)
    token = planes.issuer.issue(principal, audience, host.id if host else "", lifetime)
    service = "login" if is_user else "identity"
    planes.gate.issued(principal.name, principal.principal_id, token, service, why=FOR_THE_PAGE)
    return token


async def send(running: Running, attempt: Attempt, token: str) -> Answer:
    """Send a request with `token`. Raises aiohttp.ClientError or TimeoutError."""
    trust = ssl.create_default_context(cafile=str(running.ca))
    url = f"https://{attempt.host}{attempt.path.replace(NEW, secrets.token_hex(4))}"
    headers = {**attempt.headers, "Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(timeout=_TIMEOUT) as session,
        session.request(
            attempt.method,
            url,
            headers=headers,
            data=attempt.body,
            proxy=running.proxy,
            ssl=trust,
        ) as answer,
    ):
        found = await answer.content.read(_LONGEST) if answer.status >= 400 else b""
        return Answer(
            f"{attempt.method} {url}",
            answer.status,
            answer.reason or "",
            found.decode("utf-8-sig", "replace"),
            answer.headers.get("WWW-Authenticate", ""),
        )


def _app_of(deployment: Deployment, principal: Principal) -> ContainerApp | None:
    for app in deployment.apps:
        if any(each.identity == principal for each in app.attachments):
            return app
    return None
