"""The view in which a person tries a right: the decision, then the real request."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from sandbox.audit import AuditError, Outcome
from sandbox.deployment import Principal
from sandbox.entra import BLOB, BUS, VAULT
from sandbox.page.answer import Answer
from sandbox.page.attempts import Attempt, attempts
from sandbox.page.decisions import Row, row
from sandbox.page.feed import Entry
from sandbox.page.remedies import Remedy, remedies
from sandbox.page.rendering import Page
from sandbox.page.requests import UnansweredError, send, token_for
from sandbox.rbac import Allowed, Denied

_SERVICES = {BLOB: "blob", VAULT: "vault", BUS: "bus"}


@dataclass(frozen=True)
class Outcomes:
    """The outcome of a request that was sent, and its lines in the audit."""

    answer: Answer | None
    rows: tuple[Row, ...]
    error: str = ""


async def show(page: Page, request: web.Request) -> web.StreamResponse:
    """Return the choice, and the decision on the chosen request."""
    return _page(page, request.query)


async def ask(page: Page, request: web.Request) -> web.StreamResponse:
    """Send the chosen request as the chosen principal."""
    form = {name: str(value) for name, value in (await request.post()).items()}
    principal, attempt = _chosen(page, form)
    if principal is None or attempt is None or not attempt.method:
        return _page(page, form, status=400)
    return _page(page, form, await sent(page, principal, attempt))


async def sent(page: Page, principal: Principal, attempt: Attempt) -> Outcomes:
    """Send `attempt` as `principal`, with a new token."""
    page.feed.after()
    last = page.feed.last
    try:
        token = token_for(page.running, principal, attempt.audience)
        answer = await send(page.running, attempt, token.text)
    except AuditError as error:
        return Outcomes(None, (), f"The audit cannot be written: {error}")
    except UnansweredError as error:
        return Outcomes(None, (), str(error))
    entries = page.feed.after(last)
    return Outcomes(answer, lines(entries, token.id, attempt))


def lines(entries: list[Entry], token_id: str, attempt: Attempt) -> tuple[Row, ...]:
    """Return the lines of one request: those of its token, and refusals of the same service."""
    service = _SERVICES.get(attempt.audience, "")
    return tuple(
        row(each)
        for each in entries
        if each.record.token_id == token_id
        or (each.record.outcome is Outcome.REFUSED and each.record.service == service)
    )


def _page(
    page: Page, chosen: Mapping[str, str], outcome: Outcomes | None = None, *, status: int = 200
) -> web.Response:
    planes = page.running.planes
    principal, attempt = _chosen(page, chosen)
    known = list(attempts(planes.deployment))
    decision, mended = None, list[Remedy]()
    if principal and attempt:
        decision = planes.assignments.decide(principal.principal_id, attempt.requirement)
        if isinstance(decision, Denied):
            mended = list(remedies(principal, attempt, decision, planes.assignments, known))
    return page.html(
        "try.html",
        status=status,
        names=page.names,
        attempts=known,
        who=principal.name if principal else "",
        attempt=attempt,
        decision=decision,
        allowed=isinstance(decision, Allowed),
        remedies=mended,
        outcome=outcome,
        unknown=bool(chosen) and attempt is None,
    )


def _chosen(page: Page, form: Mapping[str, str]) -> tuple[Principal | None, Attempt | None]:
    """Return the principal and the request of a form, which names it, or its action and scope."""
    deployment = page.running.planes.deployment
    who = form.get("who", "")
    principal = deployment.principal(who) if who in page.names else None
    attempt = next((each for each in attempts(deployment) if _is_meant(each, form)), None)
    return principal, attempt


def _is_meant(attempt: Attempt, form: Mapping[str, str]) -> bool:
    if name := form.get("request"):
        return attempt.name == name
    actions = (each.name for each in attempt.requirement.any_of)
    return form.get("scope") == attempt.resource and form.get("action", "") in actions
