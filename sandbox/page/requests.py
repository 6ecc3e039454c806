"""Sends a request as one of the deployment's principals, through the sandbox's own front door."""

import asyncio
import secrets
import ssl
from dataclasses import replace
from urllib.parse import urlencode

import aiohttp

from sandbox.deployment import ContainerApp, Deployment, Principal, PrincipalKind
from sandbox.entra import BLOB, AccessToken
from sandbox.identity import PROGRAM_HEADER
from sandbox.page.answer import Answer
from sandbox.page.attempts import IDENTITY_ENDPOINT, LINKS, NEW, Attempt
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
        if attempt.method in LINKS:
            return await asyncio.to_thread(attach, running, attempt, token)
        return await _send(running, attempt, token)
    except (aiohttp.ClientError, TimeoutError, LinkError) as error:
        raise _unanswered(error) from error


async def ask_for_token(running: Running, principal: Principal, app: ContainerApp) -> Answer:
    """Ask the identity endpoint for a token of `principal`, as the code of `app` does.

    Raises UnansweredError.
    """
    query = {"api-version": "2019-08-01", "resource": BLOB}
    if principal.kind is not PrincipalKind.SYSTEM_ASSIGNED:
        named = "client_id" if principal.client_id else "principal_id"
        query[named] = principal.client_id or principal.principal_id
    # A token of the page's own, apart from the one that the app keeps.
    headers = {
        "X-IDENTITY-HEADER": running.planes.headers.get(app.name, ""),
        PROGRAM_HEADER: FOR_THE_PAGE,
    }
    request = f"GET {IDENTITY_ENDPOINT}?{urlencode(query)}"
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.get(running.identity_endpoint, params=query, headers=headers) as answer,
        ):
            found = await _read(request, answer)
            return replace(found, refused=answer.status >= 400)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _unanswered(error) from error


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
        return await _read(f"{attempt.method} {url}", answer)


async def _read(request: str, answer: aiohttp.ClientResponse) -> Answer:
    """Return an answer, with the text of an error alone."""
    found = await answer.content.read(_LONGEST) if answer.status >= 400 else b""
    return Answer(
        request,
        answer.status,
        answer.reason or "",
        found.decode("utf-8-sig", "replace"),
        answer.headers.get("WWW-Authenticate", ""),
        refused=answer.status in {401, 403},
    )


def _unanswered(error: Exception) -> UnansweredError:
    reason = str(error) or type(error).__name__
    return UnansweredError(f"The request got no answer: {reason}")


def _app_of(deployment: Deployment, principal: Principal) -> ContainerApp | None:
    for app in deployment.apps:
        if any(each.identity == principal for each in app.attachments):
            return app
    return None
