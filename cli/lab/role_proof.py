"""The proof of a lab's roles: real requests of every identity, held against the sample's own roles.

A request that the sample allows must be allowed, by the same role on the same scope; any other must
be denied. So a role that is too wide fails a lab, as a missing one does. A role that decides on
none of the requests fails it, too, if the sample does not assign it.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from cli.lab.probes import Caller, Probe, probes_of
from cli.lab.run import Finding, Run
from cli.lab.surplus import exchanged_identities, rewritten_roles, surplus_roles
from sandbox.audit import FILE, Outcome, Record
from sandbox.deployment import Deployment, Principal
from sandbox.deployment.short_names import short_action, short_role, short_scope
from sandbox.rbac import Allowed, Assignments, Decision, Denied, Policy
from sandbox.state import State
from sandbox.testing.expectations import since

_AT_ONCE = 16
_NOTHING, _BY_ANOTHER = "no request arrived", "decided by another right"
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
    sound, now = run.deployment, run.now
    exchanged = list(exchanged_identities(sound, now))
    if exchanged:
        return exchanged  # a request of such an app would be another identity's
    asking, assignments = run.running.identities, Assignments.kept_in(run.state, now)
    probes, policy = tuple(probes_of(sound, kinds)), Policy.of(sound)
    found = list[tuple[Finding, Seen]]()
    for (who, probe), seen in _sent(probes, run, asking).items():
        expected = policy.decide(_id(sound.principal(who)), probe.needs)
        found.append((judge(who, probe, expected, seen), seen))
    found += _of_others(sound, assignments, probes, asking)
    shown = {(each.who, by.role, by.scope.lower()) for each, by in found if each.too_much}
    surplus = surplus_roles(sound, assignments, shown)
    return [*(each for each, _ in found), *surplus, *rewritten_roles(sound, now)]


def judge(who: str, probe: Probe, expected: Decision, seen: Seen) -> Finding:
    """Return the finding on a request, from the decision that the sample makes on it."""
    if isinstance(expected, Denied):
        if not seen.allowed:
            # Nothing was denied either, where no request arrived.
            return Finding(who, probe.does, _NOTHING if seen.why == _NOTHING else "")
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


def _sent(
    probes: Sequence[Probe], run: Run, asking: Sequence[str]
) -> dict[tuple[str, Probe], Seen]:
    """Send the probes as each identity; return each decision by identity and probe.

    The identities are under way at once, and so are the probes that wait. Those that share an
    action and a resource follow each other: only their order tells them apart in the audit.
    """
    in_turn = [each for each in probes if not each.waits]
    groups = [in_turn, *([each] for each in probes if each.waits)]
    with ExitStack() as stack:
        stack.enter_context(run.as_identity(asking[0]))  # the way to the sandbox, for all of them
        pool = stack.enter_context(ThreadPoolExecutor(_AT_ONCE))
        tasks = list[Future[list[tuple[tuple[str, Probe], Seen]]]]()
        for who in asking:
            caller = Caller(run.deployment, run.as_identity(who).credential)
            stack.callback(caller.close)
            tasks += (pool.submit(_sent_in_turn, group, caller, run.state, who) for group in groups)
        return {key: seen for each in tasks for key, seen in each.result()}


def _sent_in_turn(
    probes: Sequence[Probe], caller: Caller, state: State, who: str
) -> list[tuple[tuple[str, Probe], Seen]]:
    return [((who, each), send(each, caller, state, who)) for each in probes]


def send(probe: Probe, caller: Caller, state: State, who: str) -> Seen:
    """Send a request, and return the decision that the audit has of it, on the identity `who`."""
    path = state.path(FILE)
    before = path.stat().st_size if path.exists() else 0
    probe.send(caller)
    return _seen(probe, who, since(state, before))


def _seen(probe: Probe, who: str, records: Sequence[Record]) -> Seen:
    actions, asked = {each.name for each in probe.needs.any_of}, probe.needs.scope.lower()
    refused = ""
    for each in reversed(records):
        if each.identity == who and each.action in actions and _is_on(each.scope, asked):
            scope = each.assignment.partition(_BY)[0]
            return Seen(each.outcome is Outcome.ALLOWED, each.role, scope)
        if each.identity in {who, ""} and each.outcome is Outcome.REFUSED:
            refused = refused or each.reason
    if refused:
        return Seen(allowed=False, why=f"refused: {refused}")
    arrived = any(each.identity == who for each in records)
    return Seen(allowed=False, why=_BY_ANOTHER if arrived else _NOTHING)


def _is_on(scope: str, asked: str) -> bool:
    """Return whether a decision is on a resource or below it, as that on a role assignment is."""
    return f"{scope.lower()}/".startswith(f"{asked}/")


def _of_others(
    sound: Deployment, assignments: Assignments, probes: Sequence[Probe], asking: Sequence[str]
) -> Iterator[tuple[Finding, Seen]]:
    """Yield each right too many of the other principals, by the roles in force and no request.

    A right that they lack is no fault: in Bicep, the developer's rows follow the services'.
    """
    policy = Policy.of(sound)
    for each in sound.principals:
        if each.name not in asking:
            for probe in probes:
                now = _decided(assignments.decide(_id(each), probe.needs))
                found = judge(each.name, probe, policy.decide(_id(each), probe.needs), now)
                if found.too_much:
                    yield found, now


def _decided(decision: Decision) -> Seen:
    if isinstance(decision, Allowed):
        return Seen(True, decision.role.name, decision.assignment.scope)
    return Seen(False)


def _id(principal: Principal) -> str:
    return principal.principal_id
