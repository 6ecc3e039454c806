"""Rights that a starting service was refused and that the policy does not list for it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from local.rights import Right
from sandbox.deployment import Deployment, RoleDefinition
from sandbox.rbac import Action, built_in_roles, holds


@dataclass(frozen=True)
class Denial:
    """A denial from the sandbox's audit: an action on a scope.

    `roles` would allow it, the narrowest first. They define the need: where one of two
    actions allows a request, `action` is only the first.
    """

    action: str
    scope: str
    roles: tuple[str, ...] = ()


def unlisted_rights(
    deployment: Deployment, who: str, rights: Iterable[Right], refused: Iterable[Denial]
) -> tuple[Right, ...]:
    """Return a right for each scope with a denial that none of `rights` covers."""
    known = {(each.scope, each.role) for each in rights}
    roles = {each.name: each for each in (*built_in_roles(), *deployment.custom_roles)}
    beside = (
        each
        for each in dict.fromkeys(refused)
        if not any((each.scope, role) in known for role in each.roles)
    )
    found = (
        Right(name, scope, _actions(roles[name], of_scope), (who,))
        for scope, of_scope in _by_scope(beside).items()
        for name in [role for role in _that_allow_all(of_scope) if role in roles][:1]
    )
    return tuple(found)


def _by_scope(refused: Iterable[Denial]) -> Mapping[str, tuple[Denial, ...]]:
    found: dict[str, tuple[Denial, ...]] = {}
    for each in refused:
        found[each.scope] = (*found.get(each.scope, ()), each)
    return found


def _that_allow_all(refused: tuple[Denial, ...]) -> list[str]:
    first, *others = refused
    return [role for role in first.roles if all(role in each.roles for each in others)]


def _actions(role: RoleDefinition, refused: Iterable[Denial]) -> tuple[str, ...]:
    return tuple(_held(role, refused)) or role.data_actions


def _held(role: RoleDefinition, refused: Iterable[Denial]) -> Iterator[str]:
    return (each.action for each in refused if holds(role, Action(each.action, data=True)))
