"""Traps of a role of the wrong kind, or on the wrong scope."""

from collections.abc import Iterator

from local.az_commands import built_in_guid, in_sandbox
from local.doctor.evidence import Evidence, Finding
from local.doctor.grants import Grant
from local.rights import Right, grant_command, target_of, targets
from sandbox.commands import KEYLESS
from sandbox.rbac import Action, holds

_GIVEN_HERE = f"{KEYLESS} apply puts it into force, and renews the tokens of its holders."
_KEPT_ON_AZURE = (
    "Wait: Azure caches a managed identity's token for up to a day, and no restart helps. Azure's "
    "own roles are not in tokens."
)


def control_plane(evidence: Evidence) -> Iterator[Finding]:
    """Find a role that manages the resource but includes no data action."""
    lacking = [each for each in evidence.denied if not evidence.has(each)]
    for grant in _mine(evidence):
        denied = [each for each in lacking if _only_manages(grant, each)]
        if denied:
            wanted = ", ".join(sorted({each.role for each in denied}))
            yield Finding(
                "control plane taken for data plane",
                f"{evidence.subject.name} has {grant.role.name} on {target_of(grant.scope)}, which "
                f"manages resources and includes no data action: it gives no access to "
                f"{targets(denied)}.",
                (f"Assign the data role as well: {wanted}.",),
            )


def scope_too_narrow(evidence: Evidence) -> Iterator[Finding]:
    """Find a role on single entries where listing requires one on the container or vault."""
    for refused in evidence.subject.denials:
        below = [
            each
            for each in _mine(evidence)
            if _is_above(refused.scope, each.scope) and _names(each, refused.action)
        ]
        if below:
            entries = ", ".join(target_of(each.scope) for each in below)
            yield Finding(
                "scope too narrow for a list",
                f"{refused.action} was refused on {target_of(refused.scope)} in the last hour: "
                f"{below[0].role.name} is only on {entries}, and listing requires a role one level "
                "higher.",
                _by_row_or_hand(evidence, below[0].role.name, refused.scope),
            )


def stale_token(evidence: Evidence) -> Iterator[Finding]:
    """Find a token that was issued before its app role was assigned."""
    role = evidence.app_role
    if role and role.assigned and not role.in_token:
        yield Finding(
            "stale token",
            f"{evidence.subject.name} has the app role {role.name}, but its token does not: the "
            "token was issued before the role was assigned.",
            (_GIVEN_HERE if evidence.subject.in_sandbox else _KEPT_ON_AZURE,),
        )


def _by_row_or_hand(evidence: Evidence, role: str, scope: str) -> tuple[str, ...]:
    right = Right(role, scope, (), (), built_in_guid(role))
    lines = (
        "Get each by name; or, to list present and future entries, add a row to access.bicep. By "
        "hand, until the next deployment:",
        grant_command(right, evidence.answer.object_id, evidence.kind),
    )
    return tuple(in_sandbox(lines)) if evidence.subject.in_sandbox else lines


def _mine(evidence: Evidence) -> Iterator[Grant]:
    me = evidence.answer.object_id.lower()
    return (each for each in evidence.subject.grants or () if each.principal_id.lower() == me)


def _only_manages(grant: Grant, right: Right) -> bool:
    """Return whether its role reads the resource that holds the data, but no data at all."""
    read = Action("/".join(right.actions[0].split("/")[:2]) + "/read", data=False)
    return grant.covers(right.scope) and not grant.role.data_actions and holds(grant.role, read)


def _is_above(scope: str, other: str) -> bool:
    return other.lower().startswith(f"{scope.rstrip('/')}/".lower())


def _names(grant: Grant, action: str) -> bool:
    return any(holds(grant.role, Action(action, data)) for data in (True, False))
