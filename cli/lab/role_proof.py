"""The proof of a lab's roles: real requests of every identity, held against the sample's own roles.

A request that the sample allows must be allowed, by the same role on the same scope; any other must
be denied. So a role that is too wide fails a lab, as a missing one does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cli.lab.probes import Caller, Probe, probes_of
from cli.lab.run import Finding, Run
from sandbox.audit import FILE, Outcome, Record
from sandbox.deployment import Principal
from sandbox.deployment.short_names import short_action, short_role, short_scope
from sandbox.rbac import Allowed, Assignments, Decision, Denied, Policy
from sandbox.state import State
from sandbox.testing.expectations import since

_BY = "/providers/Microsoft.Authorization/roleAssignments/"


@dataclass(frozen=True)
class Seen:
    """The decision on a request: allowed by a role on a scope, or denied, or `why` it had none."""

    allowed: bool
    role: str = ""
    scope: str = ""
    why: str = ""


def prove_roles(run: Run, kinds: Sequence[str]) -> list[Finding]:
    """Send every probe of these kinds as every identity, and judge each decision.

    Raises KeylessError if no sandbox runs.
    """
    sound = run.deployment
    probes, policy = tuple(probes_of(sound, kinds)), Policy.of(sound)
    found = list[Finding]()
    for who in run.running.identities:
        principal = sound.principal(who)
        with run.as_identity(who):
            caller = Caller(sound)
            try:
                for each in probes:
                    seen = _sent(each, caller, run.state, who)
                    found.append(judge(who, each, policy.decide(_id(principal), each.needs), seen))
            finally:
                caller.close()
    found.extend(_of_others(run, policy, probes))
    return found


def judge(who: str, probe: Probe, expected: Decision, seen: Seen) -> Finding:
    """Return the finding on a request, from the decision that the sample makes on it."""
    if isinstance(expected, Denied):
        if not seen.allowed:
            return Finding(who, probe.does)
        return Finding(who, probe.does, f"allowed {_by(seen)}: too much", too_much=True)
    role, scope = expected.role.name, expected.assignment.scope
    if not seen.allowed:
        right = f"{short_action(expected.action.name)} on {short_scope(probe.needs.scope)}"
        return Finding(who, probe.does, seen.why or f"denied: no role gives it {right}")
    if (seen.role, seen.scope.lower()) != (role, scope.lower()):
        wanted = f"{short_role(role)} on {short_scope(scope)} is enough"
        return Finding(who, probe.does, f"allowed {_by(seen)}: {wanted}", too_much=True)
    return Finding(who, probe.does)


def _by(seen: Seen) -> str:
    return f"by {short_role(seen.role)} on {short_scope(seen.scope)}"


def _sent(probe: Probe, caller: Caller, state: State, who: str) -> Seen:
    """Send a request, and return the decision that the audit has of it."""
    path = state.path(FILE)
    before = path.stat().st_size if path.exists() else 0
    probe.send(caller)
    return _seen(probe, who, since(state, before))


def _seen(probe: Probe, who: str, records: Sequence[Record]) -> Seen:
    actions = {each.name for each in probe.needs.any_of}
    refused = ""
    for each in reversed(records):
        if each.identity == who and each.action in actions:
            scope = each.assignment.partition(_BY)[0]
            return Seen(each.outcome is Outcome.ALLOWED, each.role, scope)
        if each.identity in {who, ""} and each.outcome is Outcome.REFUSED:
            refused = refused or each.reason
    return Seen(allowed=False, why=f"refused: {refused}" if refused else "no request arrived")


def _of_others(run: Run, policy: Policy, probes: Sequence[Probe]) -> Iterator[Finding]:
    """Yield each right too many of the other principals, by the roles in force and no request.

    A right that they lack is no fault: in Bicep, the developer's rows follow the services'.
    """
    assignments = Assignments.kept_in(run.state, run.now)
    for each in run.deployment.principals:
        if each.name not in run.running.identities:
            for probe in probes:
                now = _decided(assignments.decide(_id(each), probe.needs))
                found = judge(each.name, probe, policy.decide(_id(each), probe.needs), now)
                if found.too_much:
                    yield found


def _decided(decision: Decision) -> Seen:
    if isinstance(decision, Allowed):
        return Seen(True, decision.role.name, decision.assignment.scope)
    return Seen(False)


def _id(principal: Principal) -> str:
    return principal.principal_id
