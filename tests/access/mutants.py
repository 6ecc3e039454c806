"""Each way in which the policy could be a little wrong, one at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sandbox.deployment import Deployment, Lifecycle, RoleAssignment, RoleDefinition
from sandbox.rbac import Action, Policy, built_in_roles, holds

_BLOB = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_SECRET = "Microsoft.KeyVault/vaults/secrets"
# learn.microsoft.com/azure/role-based-access-control/permissions/storage, .../permissions/security
_DATA_ACTIONS = {
    _BLOB: (
        "read",
        "write",
        "delete",
        "add/action",
        "tags/read",
        "tags/write",
        "filter/action",
        "move/action",
        "deleteBlobVersion/action",
        "permanentDelete/action",
        "runAsSuperUser/action",
        "immutableStorage/runAsSuperUser/action",
        "manageOwnership/action",
        "modifyPermissions/action",
    ),
    _SECRET: (
        "getSecret/action",
        "setSecret/action",
        "readMetadata/action",
        "delete",
        "update/action",
        "purge/action",
        "recover/action",
        "backup/action",
        "restore/action",
    ),
    "Microsoft.ServiceBus/namespaces/messages": ("send/action", "receive/action"),
}

Assignments = tuple[RoleAssignment, ...]
Roles = tuple[RoleDefinition, ...]


@dataclass(frozen=True)
class Mutant:
    """`change` gives the assignments and custom roles of a deployment, with one thing changed.

    `gives` says whether an identity gains a right by it, whatever it may lose.
    """

    name: str
    change: Callable[[Deployment], tuple[Assignments, Roles]]
    gives: bool

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Flip:
    """An identity on an app, with a lifecycle that differs from the deployment's."""

    app: str
    identity: str
    lifecycle: Lifecycle

    def __str__(self) -> str:
        return f"{self.identity} on {self.app} has lifecycle {self.lifecycle}"


def mutants(deployment: Deployment) -> Iterator[Mutant]:
    """Each assignment removed, widened and raised; each action of our roles added and removed."""
    for index, each in enumerate(deployment.assignments):
        named = _in_words(deployment, each)
        higher = _higher(deployment, each)
        wider = _above(each.scope)
        yield Mutant(f"without {named}", _with(index, None), gives=False)
        yield Mutant(f"{named}, but on {wider[-40:]}", _with(index, {"scope": wider}), gives=True)
        raised = {"role_definition_id": higher.id}
        yield Mutant(f"{named}, but as {_short(higher.name)}", _with(index, raised), gives=True)
    for index, role in enumerate(deployment.custom_roles):
        for action in _actions_beside(role):
            changed = tuple(sorted({*role.data_actions} ^ {action}))
            gives = action not in role.data_actions
            verb = "has also" if gives else "lacks"
            yield Mutant(
                f"{_short(role.name)} {verb} {action.rpartition('/blobs/')[2]}",
                _with_role(index, changed),
                gives,
            )


def flips(deployment: Deployment) -> Iterator[Flip]:
    """Each identity of each app: usable by code where it is not, and the other way round."""
    for app in deployment.apps:
        for each in app.attachments:
            other = Lifecycle.MAIN if each.lifecycle is Lifecycle.NONE else Lifecycle.NONE
            yield Flip(app.name, each.identity.name, other)


def _with(
    index: int, changes: dict[str, Any] | None
) -> Callable[[Deployment], tuple[Assignments, Roles]]:
    def change(deployment: Deployment) -> tuple[Assignments, Roles]:
        found = list(deployment.assignments)
        found[index : index + 1] = [] if changes is None else [replace(found[index], **changes)]
        return tuple(found), deployment.custom_roles

    return change


def _with_role(
    index: int, data_actions: Sequence[str]
) -> Callable[[Deployment], tuple[Assignments, Roles]]:
    def change(deployment: Deployment) -> tuple[Assignments, Roles]:
        roles = list(deployment.custom_roles)
        roles[index] = replace(roles[index], data_actions=tuple(data_actions))
        return deployment.assignments, tuple(roles)

    return change


def _actions_beside(role: RoleDefinition) -> Iterator[str]:
    for provider, names in _DATA_ACTIONS.items():
        if any(each.startswith(provider) for each in role.data_actions):
            yield from (f"{provider}/{name}" for name in names)


def _higher(deployment: Deployment, assigned: RoleAssignment) -> RoleDefinition:
    """The next role, in whose reach is more, as one takes in a hurry.

    The narrowest that has all of this one's data actions and others; of a role that has none, or
    all, its actions; and in the end Owner, which may give rights away.
    """
    role = Policy.of(deployment).role(assigned)
    known = (*deployment.custom_roles, *built_in_roles())
    provider = assigned.scope.rpartition("/providers/")[2].partition("/")[0]
    for data in (True, False):
        own = _reach(role, provider, data=data)
        more = [each for each in known if own < _reach(each, provider, data=data)]
        if own and more:
            return min(more, key=lambda each: (len(_reach(each, provider, data=data)), each.name))
    return next(each for each in known if each.name == "Owner")


def _reach(role: RoleDefinition, provider: str, *, data: bool) -> frozenset[str]:
    """Return a role's actions on a provider's resources, and whether it may grant rights."""
    some = (f"{kind}/{name}" for kind, names in _DATA_ACTIONS.items() for name in names)
    named = (each for role in built_in_roles() for each in (*role.actions, *role.data_actions))
    actions = {each for each in (*some, *named) if "*" not in each and each.startswith(provider)}
    # Actions that only a role with a star has.
    actions |= {f"{provider}/anything/delete", "Microsoft.Authorization/roleAssignments/write"}
    return frozenset(each for each in actions if holds(role, Action(each, data=data)))


def _above(scope: str) -> str:
    """The resource that holds the one at `scope`; the resource group if none does."""
    before, _, resource = scope.rpartition("/providers/")
    names = resource.split("/")
    if len(names) == 3:
        return before
    names = names[:-2]
    if names[-2:] == ["blobServices", "default"]:
        names = names[:-2]
    return f"{before}/providers/{'/'.join(names)}"


def _in_words(deployment: Deployment, each: RoleAssignment) -> str:
    role = _short(Policy.of(deployment).role(each).name)
    on = "/".join(each.scope.split("/")[-2:])
    return f"{deployment.names[each.principal_id]}'s {role} on {on}"


def _short(role: str) -> str:
    return role.partition(" (")[0]
