"""Sends a request as one of the deployment's principals, through the sandbox's own front door."""

import asyncio
import secrets
import ssl

import aiohttp

from sandbox.deployment import ContainerApp, Deployment, Principal, PrincipalKind
from sandbox.entra import BUS, AccessToken
from sandbox.page.answer import Answer
from sandbox.page.attempts import NEW, Attempt
from sandbox.page.links import LinkError, attach
from sandbox.page.running import Running

# The audit's reason for a token that this page has asked for.
FOR_THE_PAGE = "for the page"
# Characters of an error's text.
_LONGEST = 4096
_TIMEOUT = aiohttp.ClientTimeout(total=20)


class UnansweredError(RuntimeError):
    """A request got no answer; the message is one sentence."""


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
    """Send a request with `token`. Raises UnansweredError."""
    try:
        if attempt.audience == BUS:
            return await asyncio.to_thread(attach, running, attempt, token)
        return await _send(running, attempt, token)
    except (aiohttp.ClientError, TimeoutError, LinkError) as error:
        reason = str(error) or type(error).__name__
        raise UnansweredError(f"The request got no answer: {reason}") from error


async def _send(running: Running, attempt: Attempt, token: str) -> Answer:
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
            refused=answer.status in {401, 403},
        )


def _app_of(deployment: Deployment, principal: Principal) -> ContainerApp | None:
    for app in deployment.apps:
        if any(each.identity == principal for each in app.attachments):
            return app
    return None
