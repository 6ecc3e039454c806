"""A deployed environment's role assignments compared with the snapshot's policy."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from local.arm import ResourceManager
from local.az_commands import create_assignment, delete_assignment
from local.rights import Environment, renaming
from local.roles import Roles, called
from sandbox.deployment import Deployment
from sandbox.rbac import Policy

_AND = " and "  # one person may be the developer and the operator
_AUTHORIZATION = "/providers/Microsoft.Authorization"


@dataclass(frozen=True)
class Granted:
    """A role assignment: the principal's name or object id, the role, the scope.

    `why` is its description; `mend` is the command that creates or deletes it, empty where the role
    definition does not exist.
    """

    who: str
    principal: str
    role: str
    scope: str
    why: str = ""
    mend: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.principal, self.role, self.scope.lower()


@dataclass(frozen=True)
class Difference:
    """Assignments that are missing, those beside the policy, and principals that are absent."""

    missing: tuple[Granted, ...]
    beside: tuple[Granted, ...]
    absent: tuple[str, ...] = ()

    def of(self, who: str) -> "Difference":
        """Return the part that concerns `who`."""
        return Difference(
            missing=tuple(each for each in self.missing if each.who == who),
            beside=tuple(each for each in self.beside if who in each.who.split(_AND)),
        )


def compare(
    meant: Iterable[Granted], found: Iterable[Granted], absent: Iterable[str] = ()
) -> Difference:
    """Compare the policy (`meant`) with the assignments that Azure lists (`found`)."""
    meant, found = tuple(meant), tuple(found)
    wanted, there = {each.key for each in meant}, {each.key for each in found}
    return Difference(
        missing=tuple(each for each in meant if each.key not in there),
        beside=tuple(each for each in found if each.key not in wanted),
        absent=tuple(absent),
    )


def meant(
    deployment: Deployment, environment: Environment, ids: Mapping[str, str], roles: Roles
) -> Iterator[Granted]:
    """Yield the policy's assignments under the environment's names, for the principals in `ids`."""
    policy = Policy.of(deployment)
    renamed = renaming(Environment.of_snapshot(deployment), environment)
    for each in deployment.assignments:
        who = deployment.names[each.principal_id]
        if who in ids:
            role, scope = called(policy.role(each)), renamed(each.scope)
            kind = deployment.principal(who).type
            mend = create_assignment(roles.guid(role), scope, ids[who], kind)
            yield Granted(who, ids[who], role, scope, each.why, mend)


def found(
    arm: ResourceManager, environment: Environment, ids: Mapping[str, str], roles: Roles
) -> Iterator[Granted]:
    """Yield every assignment on the group or below. Raises UnseenError.

    Without a filter, Azure lists those above too:
    learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope
    """
    group = environment.group_id
    for each in arm.listed(f"{group}{_AUTHORIZATION}/roleAssignments", "2022-04-01"):
        given = each["properties"]
        if f"{given['scope']}/".lower().startswith(f"{group}/".lower()):
            principal = given["principalId"].lower()
            names = [name for name, object_id in ids.items() if object_id == principal]
            yield Granted(
                _AND.join(names) or f"{given.get('principalType', 'principal')} {principal}",
                principal,
                roles.name(given["roleDefinitionId"]),
                given["scope"],
                given.get("description") or "",
                delete_assignment(each["id"]),
            )


def principals(
    arm: ResourceManager, environment: Environment, users: Mapping[str, str]
) -> dict[str, str]:
    """Return the object ids of managed identities and `users`, by name. Raises UnseenError."""
    providers = f"{environment.group_id}/providers"
    ids = {name: object_id for name, object_id in users.items() if object_id}
    identities = f"{providers}/Microsoft.ManagedIdentity/userAssignedIdentities"
    for each in arm.listed(identities, "2023-01-31"):
        if named := re.fullmatch(f"id-(.+)-{re.escape(environment.name)}", each["name"]):
            ids[named[1]] = each["properties"]["principalId"]
    for app in arm.listed(f"{providers}/Microsoft.App/containerApps", "2025-01-01"):
        if principal := app.get("identity", {}).get("principalId"):
            ids.setdefault(app["name"], principal)  # an app may have both kinds
    return {name: object_id.lower() for name, object_id in ids.items()}
