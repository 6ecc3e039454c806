"""The view in which a person tries a right: the decision, then the real request."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from aiohttp import web

from sandbox.audit import AuditError, Outcome
from sandbox.deployment import ContainerApp, Deployment, Principal
from sandbox.deployment.short_names import resource_ids, short_action, short_scope
from sandbox.entra import BLOB, BUS, MANAGEMENT, MONITOR, VAULT
from sandbox.page.answer import Answer
from sandbox.page.attempts import Attempt, attempts
from sandbox.page.decisions import Row, row
from sandbox.page.feed import Entry
from sandbox.page.remedies import remedies
from sandbox.page.rendering import Page
from sandbox.page.requests import UnansweredError, ask_for_token, send, token_for
from sandbox.page.verdicts import Verdict, decide
from sandbox.rbac import Action, Requirement, action_of, known_actions

_SERVICES = {
    BLOB: "blob",
    VAULT: "vault",
    BUS: "bus",
    MANAGEMENT: "arm",
    MONITOR: "telemetry",
}
_ENDPOINT = "identity"
_NO_OPERATION = "the page knows no request that takes this action alone"
# The ends of a form's values: the longest resource id of Azure has fewer characters.
_LONGEST = 2048


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
    if principal is None or attempt is None:
        return _page(page, form, status=400)
    verdict = decide(principal, attempt, page.running.planes.assignments)
    if not is_sent(attempt, verdict):
        return _page(page, form, status=400)
    return _page(page, form, await sent(page, principal, attempt))


def is_sent(attempt: Attempt, verdict: Verdict) -> bool:
    """Return whether the page sends a request; one that would do harm only while it is denied."""
    return bool(attempt.method) and not (attempt.harm and verdict.allowed)


async def sent(page: Page, principal: Principal, attempt: Attempt) -> Outcomes:
    """Send `attempt` as `principal`, with a new token."""
    page.feed.after()
    last, token_id = page.feed.last, ""
    try:
        if isinstance(attempt.needs, ContainerApp):
            answer = await ask_for_token(page.running, principal, attempt.needs)
        else:
            token = token_for(page.running, principal, attempt.audience)
            token_id = token.id
            answer = await send(page.running, attempt, token.text)
    except AuditError as error:
        return Outcomes(None, (), f"The audit cannot be written: {error}")
    except UnansweredError as error:
        return Outcomes(None, (), str(error))
    entries = page.feed.after(last)
    if isinstance(attempt.needs, ContainerApp):
        return Outcomes(
            answer, of_endpoint(entries, {principal.name, attempt.needs.name}, page.apis)
        )
    return Outcomes(answer, lines(entries, token_id, attempt, page.apis))


def lines(
    entries: list[Entry], token_id: str, attempt: Attempt, apis: Mapping[str, str]
) -> tuple[Row, ...]:
    """Return the lines of one request: those of its token, and refusals of the same service."""
    service = _SERVICES.get(attempt.audience, "")
    return tuple(
        row(each, apis)
        for each in entries
        if each.record.token_id == token_id
        or (each.record.outcome is Outcome.REFUSED and each.record.service == service)
    )


def of_endpoint(
    entries: list[Entry], names: Container[str], apis: Mapping[str, str]
) -> tuple[Row, ...]:
    """Return the lines of the identity endpoint that are about one of `names`."""
    return tuple(
        row(each, apis)
        for each in entries
        if each.record.service == _ENDPOINT and each.record.identity in names
    )


def _page(
    page: Page, chosen: Mapping[str, str], outcome: Outcomes | None = None, *, status: int = 200
) -> web.Response:
    planes = page.running.planes
    principal, attempt = _chosen(page, chosen)
    known = list(attempts(planes.deployment))
    verdict = decide(principal, attempt, planes.assignments) if principal and attempt else None
    mended = []
    if principal and attempt and verdict and not verdict.allowed:
        mended = list(remedies(principal, attempt, verdict, planes.assignments, known))
    named = set(chosen) & {"request", "action", "scope"}
    return page.html(
        "try.html",
        status=status,
        names=page.names,
        groups=_groups(known),
        actions=sorted(known_actions(planes.deployment.custom_roles)),
        scopes=list(dict.fromkeys(resource_ids(planes.deployment))),
        given={name: chosen.get(name, "")[:_LONGEST] for name in ("action", "scope")},
        who=principal.name if principal else "",
        attempt=attempt,
        verdict=verdict,
        is_sent=bool(attempt and verdict and is_sent(attempt, verdict)),
        remedies=mended,
        outcome=outcome,
        unknown=bool(named) and attempt is None,
    )


def _groups(known: Iterable[Attempt]) -> dict[str, list[Attempt]]:
    """Return the requests by the short name of their resource, in the order of the first."""
    by_resource = dict[str, list[Attempt]]()
    for on, found in groupby(known, lambda each: each.on):
        by_resource.setdefault(on, []).extend(found)
    return by_resource


def _chosen(page: Page, form: Mapping[str, str]) -> tuple[Principal | None, Attempt | None]:
    """Return the principal and the request of a form."""
    deployment, assignments = page.running.planes.deployment, page.running.planes.assignments
    who = form.get("who", "")
    principal = deployment.principal(who) if who in page.names else None
    found = chosen_by(deployment, form)
    if principal and len(found) > 1:
        # The audit's line of a denial names one action of several that would do.
        denied = [each for each in found if not decide(principal, each, assignments).allowed]
        found = denied or found
    return principal, next(iter(found), None)


def chosen_by(deployment: Deployment, form: Mapping[str, str]) -> list[Attempt]:
    """Return the request that a form names, or those that take its action on its scope.

    Any other action on any scope is a request that is only decided.
    """
    if name := form.get("request"):
        return [each for each in attempts(deployment) if each.name == name]
    other = _by_action(deployment, form)
    if other is None or not isinstance(other.needs, Requirement):
        return []
    wanted = other.needs.scope, other.needs.any_of[0]
    found = [each for each in attempts(deployment) if _first(each) == wanted]
    return found or [other]


def _first(attempt: Attempt) -> tuple[str, Action] | None:
    needs = attempt.needs
    return (needs.scope, needs.any_of[0]) if isinstance(needs, Requirement) else None


def _by_action(deployment: Deployment, form: Mapping[str, str]) -> Attempt | None:
    action = action_of(form.get("action", "").strip()[:_LONGEST], deployment.custom_roles)
    scope = form.get("scope", "").strip()[:_LONGEST]
    by_name = {short_scope(each): each for each in resource_ids(deployment)}
    scope = by_name.get(scope, scope)
    if action is None or not scope.startswith("/"):
        return None
    needs = Requirement(scope, (action,))
    return Attempt(short_action(action.name), needs, why_not=_NO_OPERATION)
