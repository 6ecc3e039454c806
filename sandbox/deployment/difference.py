"""The difference between two deployments: each right and each resource that changes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sandbox.deployment.inventory import Key, Settings, inventory
from sandbox.deployment.resources import Deployment
from sandbox.deployment.roles import RoleAssignment, RoleDefinition

_HIDDEN = "variable "


class Kind(StrEnum):
    """The kind of a change."""

    GRANTED = "granted"
    REVOKED = "revoked"
    WIDENED = "widened"
    NARROWED = "narrowed"
    MADE = "made"
    GONE = "gone"
    KEPT = "kept"
    CHANGED = "changed"


@dataclass(frozen=True)
class Right:
    """A role on a scope, by the role's name."""

    role: str
    scope: str


@dataclass(frozen=True)
class RoleChange:
    """A change of one identity's rights. `before` are those that `right` replaces.

    `why` is the description of the assignment that grants it, or granted it.
    """

    kind: Kind
    identity: str
    right: Right
    why: str
    before: tuple[Right, ...] = ()


@dataclass(frozen=True)
class ResourceChange:
    """A change of one resource. `details` are clauses, each on one setting that changed."""

    kind: Kind
    type: str
    name: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """All changes between two deployments; false if there are none."""

    roles: tuple[RoleChange, ...]
    resources: tuple[ResourceChange, ...]

    def __bool__(self) -> bool:
        return bool(self.roles or self.resources)


def difference(
    before: Deployment, after: Deployment, built_in: Iterable[RoleDefinition]
) -> Difference:
    """Return the changes from `before` to `after`. `built_in` are Azure's own roles."""
    roles = tuple(built_in)
    names = dict(before.names) | dict(after.names)
    held = _held(before, roles), _held(after, roles)
    return Difference(tuple(_role_changes(*held, names)), tuple(_resource_changes(before, after)))


@dataclass(frozen=True)
class _Held:
    """An assignment and its role, as both were defined at that time."""

    assignment: RoleAssignment
    role: RoleDefinition

    @property
    def key(self) -> tuple[str, str, str]:
        """Return the key of the right: an assignment's own id is only a name."""
        found = self.assignment
        return found.principal_id.lower(), _guid(found.role_definition_id), _folded(found.scope)

    @property
    def right(self) -> Right:
        return Right(self.role.name, self.assignment.scope)


def _held(deployment: Deployment, built_in: Iterable[RoleDefinition]) -> dict[object, _Held]:
    roles = {_guid(each.id): each for each in (*built_in, *deployment.custom_roles)}
    found: dict[object, _Held] = {}
    for each in deployment.assignments:
        guid = _guid(each.role_definition_id)
        held = _Held(each, roles.get(guid, RoleDefinition(each.role_definition_id, guid)))
        found.setdefault(held.key, held)
    return found


def _role_changes(
    before: Mapping[object, _Held], after: Mapping[object, _Held], names: Mapping[str, str]
) -> Iterator[RoleChange]:
    def change(kind: Kind, held: _Held, replaced: Iterable[_Held] = ()) -> RoleChange:
        assignment = held.assignment
        identity = names.get(assignment.principal_id, assignment.principal_id)
        rights = tuple(each.right for each in replaced)
        return RoleChange(kind, identity, held.right, assignment.why, rights)

    removed = [each for key, each in before.items() if key not in after]
    replaced = set[object]()
    for key, held in after.items():
        candidates = [before[key]] if key in before else removed
        pairs = [(_compared(each, held), each) for each in candidates]
        kind = next((found for found, _ in pairs if found), None)
        if kind is not None:
            those = [each for found, each in pairs if found is kind]
            replaced |= {each.key for each in those}
            yield change(kind, held, those)
        elif key not in before:
            yield change(Kind.GRANTED, held)
    for held in removed:
        if held.key not in replaced:
            yield change(Kind.REVOKED, held)


def _compared(before: _Held, after: _Held) -> Kind | None:
    """Return whether one right grants more than another of the same principal; None if neither."""
    if before.key[0] != after.key[0]:
        return None
    (_, role, scope), (_, other_role, other_scope) = before.key, after.key
    if role == other_role and scope != other_scope:
        return _by(_is_below(scope, other_scope), _is_below(other_scope, scope))
    if scope == other_scope:
        return _by(_covers(after.role, before.role), _covers(before.role, after.role))
    return None


def _by(grew: bool, shrank: bool) -> Kind | None:
    if grew == shrank:
        return None
    return Kind.WIDENED if grew else Kind.NARROWED


def _is_below(scope: str, above: str) -> bool:
    return scope.startswith(f"{above}/")


def _covers(wide: RoleDefinition, narrow: RoleDefinition) -> bool:
    """Return whether every action of `narrow` is one of `wide`, as far as patterns show it."""
    return (
        _all_match(narrow.actions, wide.actions)
        and _all_match(narrow.data_actions, wide.data_actions)
        and _all_match(wide.not_actions, narrow.not_actions)
        and _all_match(wide.not_data_actions, narrow.not_data_actions)
    )


def _all_match(patterns: Iterable[str], by: Iterable[str]) -> bool:
    others = tuple(by)
    return all(any(_matches(each, other) for other in others) for each in patterns)


def _matches(pattern: str, wider: str) -> bool:
    """Return whether `wider` matches all that `pattern` does; `*` stands for any text."""
    first, *others = wider.lower().split("*")
    rest = pattern.lower()
    if not others:
        return rest == first
    if not rest.startswith(first):
        return False
    rest = rest[len(first) :]
    *middle, last = others
    for each in middle:
        _, found, rest = rest.partition(each)
        if each and not found:
            return False
    return rest.endswith(last)


def _resource_changes(before: Deployment, after: Deployment) -> Iterator[ResourceChange]:
    then, now = inventory(before), inventory(after)
    for key, settings in now.items():
        if key not in then:
            yield _change(Kind.MADE, key)
        elif details := tuple(_details(then[key], settings)):
            yield _change(Kind.CHANGED, key, details)
    for key in then:
        if key not in now:
            # Resource Manager has no operation to delete one:
            # learn.microsoft.com/rest/api/keyvault/keyvault/secrets
            yield _change(Kind.KEPT if key.type == "secret" else Kind.GONE, key)


def _change(kind: Kind, key: Key, details: tuple[str, ...] = ()) -> ResourceChange:
    return ResourceChange(kind, key.type, key.name, details)


def _details(then: Settings, now: Settings) -> Iterator[str]:
    """Yield a clause on each setting that differs. A variable's value may be private."""
    for name in dict.fromkeys((*now, *then)):
        old, new = then.get(name), now.get(name)
        if old != new:
            yield _clause(name, old, new)


def _clause(name: str, old: str | None, new: str | None) -> str:
    shown = not name.startswith(_HIDDEN)
    if new is None:
        return f"{name} is gone"
    if old is None:
        return f"{name} is {new}" if shown else f"{name} is new"
    return f"{name} is {new} (before: {old})" if shown else f"{name} changed"


def _guid(role_definition_id: str) -> str:
    return role_definition_id.rsplit("/", 1)[-1].lower()


def _folded(scope: str) -> str:
    return scope.lower().rstrip("/")
