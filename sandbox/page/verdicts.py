"""The decision on a request that the page can try, before it is sent."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.deployment import ContainerApp, Lifecycle, Principal, PrincipalKind, Registration
from sandbox.page.attempts import Attempt
from sandbox.rbac import Allowed, Assignments, Decision, Requirement

_NO_ASSIGNMENT = "No assignment at or above this scope has a role with this action."
_NO_APP_ROLE = (
    "No app role of this API is assigned to it. It gets a token all the same, and the API refuses"
    " the token: its claims have no roles."
)
_NO_CODE = "The identity is attached to the app, and its lifecycle keeps it from the app's code."
_NOT_ATTACHED = "The identity is not attached to this app, so the endpoint gives the app no token."
_USER = "A person signs in: no app gets a person's tokens from its identity endpoint."


@dataclass(frozen=True)
class Verdict:
    """A decision: the facts behind it, and for a denial its reason.

    `decision` is that of role assignments, where these decide.
    """

    allowed: bool
    facts: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    decision: Decision | None = None


def decide(principal: Principal, attempt: Attempt, assignments: Assignments) -> Verdict:
    """Return whether `principal` may do `attempt` now, and why."""
    match attempt.needs:
        case Requirement():
            return _by_role(_first_denial(principal, attempt, assignments))
        case Registration() as api:
            return _by_app_role(principal, api)
        case app:
            return _by_attachment(principal, app)


def _first_denial(principal: Principal, attempt: Attempt, assignments: Assignments) -> Decision:
    """Return the first decision that denies the request, or the last one that allows it."""
    decision, *more = (
        assignments.decide(principal.principal_id, each) for each in attempt.requirements
    )
    for each in more:
        decision = each if isinstance(decision, Allowed) else decision
    return decision


def _by_role(decision: Decision) -> Verdict:
    asked = ("action", decision.action.name), ("on", decision.requirement.scope)
    if not isinstance(decision, Allowed):
        doubts = "".join(f" But {each}" for each in decision.not_evaluated)
        return Verdict(False, asked, f"{_NO_ASSIGNMENT}{doubts}", decision)
    found = decision.assignment
    facts = (
        *asked,
        ("by the role", decision.role.name),
        ("assigned on", found.scope),
        ("because", found.why or "no reason is written"),
    )
    return Verdict(True, facts, decision=decision)


def _by_app_role(principal: Principal, api: Registration) -> Verdict:
    held = api.roles.get(principal.principal_id, ())
    if not held:
        return Verdict(False, (("app registration", api.app_id),), _NO_APP_ROLE)
    facts = ("app registration", api.app_id), ("by the app role", ", ".join(held))
    return Verdict(True, (*facts, ("where", "in the claim roles of each token for the API")))


def _by_attachment(principal: Principal, app: ContainerApp) -> Verdict:
    asked = (("app", app.name),)
    if principal.kind is PrincipalKind.USER:
        return Verdict(False, asked, _USER)
    for lifecycle in _lifecycles(principal, app):
        given = lifecycle in {Lifecycle.MAIN, Lifecycle.ALL}
        facts = (*asked, ("attached with lifecycle", lifecycle.value))
        return Verdict(given, facts, "" if given else _NO_CODE)
    return Verdict(False, asked, _NOT_ATTACHED)


def _lifecycles(principal: Principal, app: ContainerApp) -> Iterator[Lifecycle]:
    return (each.lifecycle for each in app.attachments if each.identity == principal)
