"""The view of a token: its header, its claims, its times, and a letter changed."""

from typing import Any

from aiohttp import web

from sandbox.audit import AuditError
from sandbox.entra import BLOB, VAULT
from sandbox.page.attempts import Attempt, attempts
from sandbox.page.rendering import Page
from sandbox.page.requests import UnansweredError, send, token_for
from sandbox.page.tokens import Shown
from sandbox.page.trials import Outcomes, lines

_AUDIENCES = {"Blob Storage": BLOB, "Key Vault": VAULT}
_PARTS = ("as it is", "claims", "signature")


async def choose(page: Page, _: web.Request) -> web.StreamResponse:
    """Return the choice of an identity and a service."""
    return page.html("token.html", **_choices(page), shown=None)


async def get(page: Page, request: web.Request) -> web.StreamResponse:
    """Get a token, which the audit has as issued, and lead to its view."""
    form = await request.post()
    who, service = str(form.get("who", "")), str(form.get("service", ""))
    if who not in page.names or service not in _AUDIENCES:
        return page.html("token.html", status=400, **_choices(page), shown=None)
    principal = page.running.planes.deployment.principal(who)
    try:
        token = token_for(page.running, principal, _AUDIENCES[service])
    except AuditError:
        raise web.HTTPServiceUnavailable(text="The audit cannot be written.\n") from None
    shown = page.wallet.add(principal, token)
    raise web.HTTPSeeOther(f"{page.base}/token/{shown.id}")


async def show(page: Page, request: web.Request) -> web.StreamResponse:
    """Return one token, without its text."""
    return _view(page, _found(page, request))


async def present(page: Page, request: web.Request) -> web.StreamResponse:
    """Show the token to its service: as it is, or with one letter changed."""
    shown, form = _found(page, request), await request.post()
    part = str(form.get("part", ""))
    attempt = _attempt(page, shown)
    if part not in _PARTS or attempt is None:
        return _view(page, shown, status=400)
    page.feed.after()
    last = page.feed.last
    text = shown.token.text if part == _PARTS[0] else shown.altered(part)
    try:
        answer = await send(page.running, attempt, text)
    except UnansweredError as error:
        outcome = Outcomes(None, (), str(error))
    else:
        rows = lines(page.feed.after(last), shown.token.id, attempt, page.apis)
        outcome = Outcomes(answer, rows)
    return _view(page, shown, part=part, outcome=outcome)


def _view(
    page: Page,
    shown: Shown,
    *,
    part: str = "",
    outcome: Outcomes | None = None,
    status: int = 200,
) -> web.Response:
    planes = page.running.planes
    return page.html(
        "token.html",
        status=status,
        **_choices(page, shown.token.audience),
        shown=shown,
        part=part,
        outcome=outcome,
        attempt=_attempt(page, shown),
        parts=_PARTS,
        published=planes.key.kid,
        now=int(planes.clock()),
    )


def _found(page: Page, request: web.Request) -> Shown:
    shown = page.wallet.find(request.match_info["id"])
    if shown is None:
        raise web.HTTPSeeOther(f"{page.base}/token")
    return shown


def _attempt(page: Page, shown: Shown) -> Attempt | None:
    """Return a request that the token can be shown with: the first that only reads."""
    known = attempts(page.running.planes.deployment)
    reads = (each for each in known if each.method == "GET")
    return next((each for each in reads if each.audience == shown.token.audience), None)


def _choices(page: Page, audience: str = "") -> dict[str, Any]:
    service = next((name for name, each in _AUDIENCES.items() if each == audience), "")
    return {"names": page.names, "services": list(_AUDIENCES), "service": service}
