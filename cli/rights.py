"""Role assignments in words: the Bicep's, the deployer's, and those changed by hand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from shlex import quote

from sandbox.commands import KEYLESS
from sandbox.deployment import Deployment, RoleAssignment, standing_assignments
from sandbox.deployment.short_names import short_role, short_scope
from sandbox.rbac import Assignments

BICEP, START, GRANTED, DELETED = "bicep", "start", "granted by hand", "deleted by hand"
ORPHANED = "of a deleted identity"


@dataclass(frozen=True)
class Right:
    """One role assignment, in words; `origin` is one of those above."""

    who: str
    role: str
    on: str
    why: str
    scope: str
    origin: str = BICEP
    id: str = ""
    principal_id: str = ""

    @property
    def remedy(self) -> str:
        """The command that undoes a grant by hand; empty for any other right."""
        return delete_command([self]) if self.origin == GRANTED else ""


def delete_command(rights: Iterable[Right]) -> str:
    """Return the command that deletes all of these role assignments."""
    ids = " ".join(quote(each.id) for each in rights)
    return f"{KEYLESS} as deployer -- az role assignment delete --ids {ids}"


def rights(deployment: Deployment, identity: str = "") -> list[Right]:
    """Return the Bicep's rights, or those of `identity`, by principal, then by resource.

    The former ids of a recreated identity have kept their rights, as on Azure.
    """
    assignments = Assignments(deployment.assignments, deployment.custom_roles)
    found = ((each, BICEP) for each in deployment.assignments)
    return list(_in_words(deployment, assignments, found, identity))


def all_rights(deployment: Deployment, assignments: Assignments, identity: str = "") -> list[Right]:
    """Return every right, those deleted by hand among them, in the order of `rights`."""
    found = _with_origin(deployment, assignments)
    return list(_in_words(deployment, assignments, found, identity))


def _with_origin(
    deployment: Deployment, assignments: Assignments
) -> Iterator[tuple[RoleAssignment, str]]:
    deployed = {each.id.lower() for each in deployment.assignments}
    for each in deployment.assignments:
        by = assignments.drift.deleted.get(each.id.lower())
        why = f"deleted by hand by {by}; the next deployment assigns it again"
        if each.principal_id in deployment.former_ids:
            if by is None:  # else it has gone for good
                yield each, ORPHANED
        else:
            yield (each, BICEP) if by is None else (replace(each, why=why), DELETED)
    for each in standing_assignments(deployment):
        yield each, START
    for each in assignments.drift.made:
        if each.id.lower() not in deployed:  # else a hand has done what the deployment does
            yield each, GRANTED


def _in_words(
    deployment: Deployment,
    assignments: Assignments,
    found: Iterable[tuple[RoleAssignment, str]],
    identity: str,
) -> Iterator[Right]:
    everyone = (*deployment.principals, deployment.deployer)
    order = {one: place for place, one in enumerate(each for p in everyone for each in p.every_id)}
    wanted = deployment.principal(identity).every_id if identity else ()

    def place(pair: tuple[RoleAssignment, str]) -> tuple[int, str, str]:
        who = pair[0].principal_id
        return order.get(who, len(order)), who, short_scope(pair[0].scope)

    for each, origin in sorted(found, key=place):
        if not wanted or each.principal_id in wanted:
            yield Right(
                who=deployment.names.get(each.principal_id, each.principal_id),
                role=short_role(assignments.role(each).name),
                on=short_scope(each.scope),
                why=each.why,
                scope=each.scope,
                origin=origin,
                id=each.id,
                principal_id=each.principal_id,
            )
