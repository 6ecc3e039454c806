"""A deployed environment's role assignments against the snapshot's: what is missing or too much."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from local.arm import ResourceManager
from local.granting import granting, kind_of, take_away
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
            kind = kind_of(deployment.principal(who))
            mend = granting(roles.guid(role), scope, ids[who], kind)
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
                take_away(each["id"]),
            )
