"""A deployed environment's role assignments against the snapshot's: what is missing or too much."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from local.arm import ResourceManager
from local.rights import Environment, renaming
from sandbox.deployment import Deployment
from sandbox.rbac import Policy

_AUTHORIZATION = "/providers/Microsoft.Authorization"


@dataclass(frozen=True)
class Granted:
    """One right: whose, as the policy names them or by object id; which role; on what."""

    who: str
    role: str
    scope: str
    assignment: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.who, self.role, self.scope.lower()


@dataclass(frozen=True)
class Difference:
    """What the environment lacks, and what it has beside the policy."""

    missing: tuple[Granted, ...]
    beside: tuple[Granted, ...]


def compare(meant: Iterable[Granted], found: Iterable[Granted]) -> Difference:
    """What of `meant` is not there, and what of `found` was never meant."""
    meant, found = tuple(meant), tuple(found)
    wanted, there = {each.key for each in meant}, {each.key for each in found}
    return Difference(
        missing=tuple(each for each in meant if each.key not in there),
        beside=tuple(each for each in found if each.key not in wanted),
    )


def meant(
    deployment: Deployment, environment: Environment, present: Iterable[str]
) -> Iterator[Granted]:
    """The policy under the environment's names, for those principals that it has."""
    policy, there = Policy.of(deployment), set(present)
    renamed = renaming(Environment.of_snapshot(deployment), environment)
    for each in deployment.assignments:
        who = deployment.names[each.principal_id]
        if who in there:
            yield Granted(who, renamed(policy.role(each).name), renamed(each.scope))


def found(
    arm: ResourceManager, environment: Environment, names: Mapping[str, str]
) -> Iterator[Granted]:
    """Every assignment on the group or below; `names` are the policy's, by object id.

    Raises UnseenError. learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope:
    without a filter those above are listed, too.
    """
    group = environment.group_id
    roles: dict[str, str] = {}
    for each in arm.listed(f"{group}{_AUTHORIZATION}/roleAssignments", "2022-04-01"):
        properties = each["properties"]
        if properties["scope"].lower().startswith(group.lower()):
            role, principal = properties["roleDefinitionId"], properties["principalId"].lower()
            if role not in roles:
                roles[role] = arm.one(role, "2022-04-01")["properties"]["roleName"]
            yield Granted(
                names.get(principal, principal), roles[role], properties["scope"], each["id"]
            )


def principals(
    arm: ResourceManager, environment: Environment, users: Mapping[str, str]
) -> dict[str, str]:
    """The policy's names by object id: of managed identities as Azure has them, and of `users`."""
    providers = f"{environment.group_id}/providers"
    known = {user: name for name, user in users.items() if user}
    identities = f"{providers}/Microsoft.ManagedIdentity/userAssignedIdentities"
    for each in arm.listed(identities, "2023-01-31"):
        _, name, *_ = f"{each['name']}-".split("-")
        known[each["properties"]["principalId"].lower()] = name
    for app in arm.listed(f"{providers}/Microsoft.App/containerApps", "2025-01-01"):
        principal = app.get("identity", {}).get("principalId")
        if principal:
            known[principal.lower()] = app["name"]
    return {key.lower(): name for key, name in known.items()}
