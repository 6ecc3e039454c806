"""Traps behind a refusal, where the caller's role is of another kind, or on another scope."""

from collections.abc import Iterator

from local.doctor.evidence import Evidence, Finding
from local.doctor.grants import Grant
from local.doctor.traps.words import end, targets
from local.granting import built_in
from local.rights import Right
from local.rights import grant as grant_command
from sandbox.commands import RESTART
from sandbox.rbac import Action, holds

_GIVEN_HERE = f"The sandbox gives tokens by the roles of its start: {RESTART}."
_KEPT_ON_AZURE = (
    "Wait: what gives managed identities their tokens keeps one for up to a day, and no restart "
    "helps. Other roles of Azure are in no token."
)


def control_plane(evidence: Evidence) -> Iterator[Finding]:
    """A role that manages the resource holds none of its data."""
    lacking = [each for each in evidence.denied if not evidence.has(each)]
    for grant in _mine(evidence):
        denied = [each for each in lacking if _only_manages(grant, each)]
        if denied:
            wanted = ", ".join(sorted({each.role for each in denied}))
            yield Finding(
                "control plane taken for data plane",
                f"{evidence.patient.who} has {grant.role.name} on {end(grant.scope)}, which "
                f"manages resources and holds no data action: it opens nothing in "
                f"{targets(denied)}.",
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
            entries = ", ".join(end(each.scope) for each in below)
            yield Finding(
                "scope too low for a list",
                f"{refused.action} was refused on {end(refused.scope)} within the hour: "
                f"{below[0].role.name} is on {entries} alone, and a list is decided one level "
                "higher.",
                (
                    "Ask for each by its name; or, to see all that is there and will be, a row in "
                    "access.bicep. By hand, until the next deployment:",
                    _command(evidence, below[0].role.name, refused.scope),
                ),
            )


def token_from_before(evidence: Evidence) -> Iterator[Finding]:
    """An app role is in the token, so a token from before the role has none of it."""
    role = evidence.app_role
    if role and role.assigned and not role.in_token:
        yield Finding(
            "token from before",
            f"{evidence.patient.who} has the app role {role.name}, and its token does not: it was "
            "given before the role was.",
            (_GIVEN_HERE if evidence.patient.in_sandbox else _KEPT_ON_AZURE,),
        )


def _command(evidence: Evidence, role: str, scope: str) -> str:
    right = Right(role, scope, (), (), built_in(role))
    return grant_command(right, evidence.answer.object_id, evidence.kind)


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
