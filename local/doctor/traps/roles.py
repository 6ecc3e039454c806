"""Traps behind a refusal: each is recognised by comparing it with what was assigned."""

from collections.abc import Callable, Collection, Iterable, Iterator

from local.doctor.evidence import Evidence, Finding
from local.doctor.grants import Grant
from local.rights import Right
from sandbox.rbac import Action, holds

_ON_ITS_WAY = (
    "Wait: a role takes up to ten minutes to arrive, and one at a management group hours.",
    "An open link of Service Bus is decided when it attaches: restart what holds it.",
)
_IN_SANDBOX = "The sandbox decides by the roles of its start: ./keyless down, then ./keyless up."


def wrong_object_id(evidence: Evidence) -> Iterator[Finding]:
    """The role is there, for an id that is nobody's: Azure does not mind."""
    answer, known = evidence.answer, evidence.patient.known
    for right, grant in _instead(evidence, lambda one: one.principal_id not in known):
        is_client = grant.principal_id.lower() == answer.client_id.lower()
        whose = "the client id" if is_client else "no identity's of this environment"
        yield Finding(
            "wrong object id",
            f"{right.role} on {right.target} is assigned to {grant.principal_id}, which is {whose};"
            f" roles are assigned to the principal (object) id, {answer.object_id}.",
            ("Assign it to that id, and delete the one that is nobody's.",),
        )


def made_anew(evidence: Evidence) -> Iterator[Finding]:
    """The roles name who the identity was before it was deleted and made again."""
    principal = evidence.patient.principal
    former = principal.former_ids if principal else ()
    found = list(_instead(evidence, lambda one: one.principal_id in former))
    if found:
        targets = _targets(right for right, _ in found)
        deploy = "./keyless deploy, then " if evidence.patient.in_sandbox else "azd provision"
        yield Finding(
            "deleted and made anew",
            f"{evidence.patient.who} was deleted and made anew under its name: its roles on "
            f"{targets} still name {found[0][1].principal_id}, and it is "
            f"{evidence.answer.object_id} now.",
            (
                f"Deploy the roles again: {deploy}"
                + ("./keyless down and ./keyless up" if evidence.patient.in_sandbox else ""),
            ),
        )


def only_just_granted(evidence: Evidence) -> Iterator[Finding]:
    """The role is there, for the right id, and does not count yet."""
    me = evidence.answer.object_id
    found = list(_instead(evidence, lambda one: one.principal_id == me))
    if found:
        targets = _targets(right for right, _ in found)
        yield Finding(
            "only just granted",
            f"{evidence.patient.who} has the role on {targets}, and is refused all the same: the "
            "role has not arrived yet.",
            (_IN_SANDBOX,) if evidence.patient.in_sandbox else _ON_ITS_WAY,
        )


def control_plane(evidence: Evidence) -> Iterator[Finding]:
    """A role that manages the resource holds none of its data."""
    for grant in _mine(evidence):
        denied = [each for each in evidence.denied if _only_manages(grant, each)]
        if denied:
            wanted = ", ".join(sorted({each.role for each in denied}))
            yield Finding(
                "control plane taken for data plane",
                f"{evidence.patient.who} has {grant.role.name} on {_end(grant.scope)}, which "
                f"manages resources and holds no data action: it opens nothing in "
                f"{_targets(denied)}.",
                (f"Assign the data role beside it: {wanted}.",),
            )


def scope_too_low(evidence: Evidence) -> Iterator[Finding]:
    """A list is decided on what it lists, and the role is on one entry."""
    for refused in evidence.patient.refused:
        below = [
            each
            for each in _mine(evidence)
            if _is_above(refused.scope, each.scope) and _names(each, refused.action)
        ]
        if below:
            yield Finding(
                "scope too low for a list",
                f"{refused.action.rpartition('providers/')[2]} was refused on "
                f"{_end(refused.scope)}, within the hour: {below[0].role.name} is on "
                f"{_targets_of(below)} alone, and a list is decided one level higher.",
                ("Ask for each by its name, or assign the role one level higher.",),
            )


def token_from_before(evidence: Evidence) -> Iterator[Finding]:
    """An app role is in the token, so a token from before the role has none of it."""
    role = evidence.app_role
    if role and role.assigned and not role.in_token:
        yield Finding(
            "token from before",
            f"{evidence.patient.who} has the app role {role.name}, and its token does not: it was "
            "given before the role was.",
            (
                "Wait: what gives managed identities their tokens keeps one for up to a day, and "
                "no restart helps. Other roles of Azure are in no token.",
            ),
        )


def _instead(evidence: Evidence, whose: Callable[[Grant], bool]) -> Iterator[tuple[Right, Grant]]:
    """What was refused, with an assignment that would do, of somebody that `whose` tells."""
    for right in evidence.denied:
        for grant in evidence.patient.grants or ():
            if whose(grant) and grant.allows(right.actions, right.scope):
                yield right, grant
                break


def _mine(evidence: Evidence) -> Iterator[Grant]:
    me = evidence.answer.object_id.lower()
    return (each for each in evidence.patient.grants or () if each.principal_id.lower() == me)


def _only_manages(grant: Grant, right: Right) -> bool:
    """Whether its role sees the resource that holds the data, and no data of anything."""
    read = Action("/".join(right.actions[0].split("/")[:2]) + "/read", data=False)
    return grant.covers(right.scope) and not grant.role.data_actions and holds(grant.role, read)


def _is_above(scope: str, other: str) -> bool:
    return other.lower().startswith(f"{scope.rstrip('/')}/".lower())


def _names(grant: Grant, action: str) -> bool:
    return any(holds(grant.role, Action(action, data)) for data in (True, False))


def _targets(rights: Iterable[Right]) -> str:
    return ", ".join(dict.fromkeys(each.target for each in rights))


def _targets_of(grants: Collection[Grant]) -> str:
    return ", ".join(_end(each.scope) for each in grants)


def _end(scope: str) -> str:
    return "/".join(scope.split("/")[-2:])
