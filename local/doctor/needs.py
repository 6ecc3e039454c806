"""What a service was refused while it waited for it, and no role assignment is for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from local.rights import Right
from sandbox.deployment import Deployment
from sandbox.rbac import Allowed, Denied, Need, Policy


@dataclass(frozen=True)
class Refused:
    """What was refused before: an action on a scope, as the sandbox's audit has it."""

    action: str
    scope: str


def ungranted(
    deployment: Deployment, who: str, rights: Iterable[Right], refused: Iterable[Refused]
) -> tuple[Right, ...]:
    """A right for each scope on which data actions were refused that none of `rights` covers."""
    policy, covered = Policy.of(deployment), tuple(rights)
    found = (
        Right(role, scope, actions, (who,))
        for scope, actions in _by_scope(refused, covered).items()
        for role in [next(_narrowest(policy, scope, actions), "")]
        if role
    )
    return tuple(found)


def _by_scope(
    refused: Iterable[Refused], covered: tuple[Right, ...]
) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in dict.fromkeys(refused):
        if not any(each.scope == one.scope and each.action in one.actions for one in covered):
            found[each.scope] = (*found.get(each.scope, ()), each.action)
    return found


def _narrowest(policy: Policy, scope: str, actions: tuple[str, ...]) -> Iterator[str]:
    """Roles of the deployment, and Azure's own, that hold all of these data actions."""
    would = [_roles(policy, scope, each) for each in actions]
    return (role for role in would[0] if all(role in each for each in would))


def _roles(policy: Policy, scope: str, action: str) -> tuple[str, ...]:
    match policy.decide("", Need.of(scope, action)):
        case Denied(roles_that_would=roles):
            return roles
        case Allowed():
            return ()
