"""A deployed environment's role assignments compared with the snapshot's policy."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from local.arm import ResourceManager
from local.az_commands import create_assignment, delete_assignment, principal_type_of
from local.rights import Environment, renaming
from local.roles import Roles, called
from sandbox.deployment import Deployment
from sandbox.rbac import Policy

_AND = " and "  # one person may be the developer and the operator
_AUTHORIZATION = "/providers/Microsoft.Authorization"


@dataclass(frozen=True)
class Granted:
    """One right: whose, as the policy names them or by object id; which role; on what.

    `why` is its description; `mend` is the command that makes it, or takes it away. It is empty
    where the role itself is not there.
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
    """What the environment lacks, what it has beside the policy, and whom it does not have."""

    missing: tuple[Granted, ...]
    beside: tuple[Granted, ...]
    absent: tuple[str, ...] = ()

    def of(self, who: str) -> "Difference":
        """What of it is about `who`."""
        return Difference(
            missing=tuple(each for each in self.missing if each.who == who),
            beside=tuple(each for each in self.beside if who in each.who.split(_AND)),
        )


def compare(
    meant: Iterable[Granted], found: Iterable[Granted], absent: Iterable[str] = ()
) -> Difference:
    """What of `meant` is not there, and what of `found` was never meant."""
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
    """The policy under the environment's names; `ids` are those of the principals that it has."""
    policy = Policy.of(deployment)
    renamed = renaming(Environment.of_snapshot(deployment), environment)
    for each in deployment.assignments:
        who = deployment.names[each.principal_id]
        if who in ids:
            role, scope = called(policy.role(each)), renamed(each.scope)
            kind = principal_type_of(deployment.principal(who))
            mend = create_assignment(roles.guid(role), scope, ids[who], kind)
            yield Granted(who, ids[who], role, scope, each.why, mend)


def found(
    arm: ResourceManager, environment: Environment, ids: Mapping[str, str], roles: Roles
) -> Iterator[Granted]:
    """Every assignment on the group or below. Raises UnseenError.

    learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope:
    without a filter those above are listed, too.
    """
    group = environment.group_id
    for each in arm.listed(f"{group}{_AUTHORIZATION}/roleAssignments", "2022-04-01"):
        given = each["properties"]
        if f"{given['scope']}/".lower().startswith(f"{group}/".lower()):
            principal = given["principalId"].lower()
            names = [name for name, object_id in ids.items() if object_id == principal]
            yield Granted(
                _AND.join(names) or f"{given.get('principalType', 'somebody')} {principal}",
                principal,
                roles.name(given["roleDefinitionId"]),
                given["scope"],
                given.get("description") or "",
                delete_assignment(each["id"]),
            )


def principals(
    arm: ResourceManager, environment: Environment, users: Mapping[str, str]
) -> dict[str, str]:
    """Their object ids by name: of managed identities as Azure has them, and of `users`.

    Raises UnseenError.
    """
    providers = f"{environment.group_id}/providers"
    ids = {name: object_id for name, object_id in users.items() if object_id}
    identities = f"{providers}/Microsoft.ManagedIdentity/userAssignedIdentities"
    for each in arm.listed(identities, "2023-01-31"):
        if named := re.fullmatch(f"id-(.+)-{re.escape(environment.name)}", each["name"]):
            ids[named[1]] = each["properties"]["principalId"]
    for app in arm.listed(f"{providers}/Microsoft.App/containerApps", "2025-01-01"):
        if principal := app.get("identity", {}).get("principalId"):
            ids.setdefault(app["name"], principal)  # one that has its own may have both
    return {name: object_id.lower() for name, object_id in ids.items()}
