"""Recent refusals of an identity in the audit, also of scripts that act as it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sandbox.audit import Outcome, Record
from sandbox.deployment import Deployment, Principal
from sandbox.rbac import Action, Denied, Policy, Requirement

_SHOWN = 5


@dataclass(frozen=True)
class RecentRefusal:
    """A refusal, how often it occurred and when last (ISO 8601, UTC).

    It has either an action on a scope that `roles` would allow, or an operation and a `reason`. The
    reason of an action names an assignment that is not evaluated, and might allow it on Azure.
    """

    when: str
    times: int
    action: str = ""
    scope: str = ""
    roles: tuple[str, ...] = ()
    operation: str = ""
    reason: str = ""


def recent_refusals(
    deployment: Deployment, principal: Principal, audit: Iterable[Record]
) -> tuple[RecentRefusal, ...]:
    """Return the principal's latest refusals, newest first, without those now allowed."""
    policy = Policy.of(deployment)
    seen = Counter[RecentRefusal]()
    last: dict[RecentRefusal, str] = {}
    for record in audit:
        if kind := _kind(record, principal, policy):
            seen[kind] += 1
            last[kind] = record.time
    found = sorted(last, key=lambda each: last[each], reverse=True)
    return tuple(_with(each, last[each], seen[each]) for each in found[:_SHOWN])


def _kind(record: Record, principal: Principal, policy: Policy) -> RecentRefusal | None:
    if record.outcome is Outcome.REFUSED and record.identity == principal.name:
        operation = f"{record.service} {record.operation}"
        return RecentRefusal("", 0, operation=operation, reason=record.reason)
    if record.outcome is not Outcome.DENIED or record.principal_id != principal.principal_id:
        return None
    requirement = Requirement(record.scope, (Action(record.action, data=True),))
    if not isinstance(policy.decide(principal.principal_id, requirement), Denied):
        return None
    return RecentRefusal("", 0, record.action, record.scope, record.missing, reason=record.reason)


def _with(kind: RecentRefusal, when: str, times: int) -> RecentRefusal:
    return replace(kind, when=when, times=times)
