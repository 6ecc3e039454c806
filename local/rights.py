"""The rights that the policy gives an identity, under a real environment's names."""

import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from urllib.parse import urlsplit

from local.az_commands import built_in_guid, custom_role_guid, name_option
from local.azd_values import Values
from sandbox.deployment import Deployment, RoleAssignment, RoleDefinition
from sandbox.rbac import Action, Policy, holds

DEVELOPER = "developer"

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
_MESSAGES = "Microsoft.ServiceBus/namespaces/messages"
READ, ADD, WRITE = f"{_BLOBS}/read", f"{_BLOBS}/add/action", f"{_BLOBS}/write"
READ_TAGS = f"{_BLOBS}/tags/read"
SEND, RECEIVE = f"{_MESSAGES}/send/action", f"{_MESSAGES}/receive/action"
GET_SECRET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"  # noqa: S105 - an action

# The services' actions, by kind of entity.
_ACTIONS = {
    "containers": (READ, ADD, WRITE, READ_TAGS),
    "queues": (SEND, RECEIVE),
    "topics": (SEND,),
    "subscriptions": (RECEIVE,),
    "secrets": (GET_SECRET,),
}


@dataclass(frozen=True)
class Environment:
    """The names that differ from one environment to the next."""

    subscription: str
    group: str
    account: str
    vault: str
    namespace: str

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    @property
    def name(self) -> str:
        """The environment's name: the vault is called kv-<name>-<token>."""
        return self.vault.removeprefix("kv-").rpartition("-")[0]

    @classmethod
    def of(cls, values: Values) -> "Environment":
        """Return the environment with these values. Raises ValuesError."""
        return cls(
            subscription=values["AZURE_SUBSCRIPTION_ID"],
            group=values["AZURE_RESOURCE_GROUP"],
            account=_first_label(values["AZURE_STORAGE_BLOB_ENDPOINT"]),
            vault=_first_label(values["AZURE_KEY_VAULT_ENDPOINT"]),
            namespace=values["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"].partition(".")[0],
        )

    @classmethod
    def of_snapshot(cls, deployment: Deployment) -> "Environment":
        """Return the snapshot's environment."""
        return cls(
            subscription=deployment.subscription_id,
            group=deployment.vault.id.split("/")[4],
            account=deployment.storage.name,
            vault=deployment.vault.name,
            namespace=deployment.bus.name,
        )


@dataclass(frozen=True)
class Right:
    """A role on a scope, with the actions that it allows and the services that need it.

    `definition` is the role's GUID, empty if unknown.
    """

    role: str
    scope: str
    actions: tuple[str, ...]
    services: tuple[str, ...]
    definition: str = ""

    @property
    def target(self) -> str:
        """The entity alone: `containers/originals`, `queues/photo-uploads`, `secrets/...`."""
        return target_of(self.scope)


def target_of(scope: str) -> str:
    """Return the kind and name of a resource: `containers/originals`."""
    return "/".join(scope.split("/")[-2:])


def targets(rights: Iterable[Right]) -> str:
    """Return the entities of `rights`, each once."""
    return ", ".join(dict.fromkeys(each.target for each in rights))


def rights_of_developer(deployment: Deployment, environment: Environment) -> tuple[Right, ...]:
    """Return the developer's rights on data, under the environment's names."""
    return rights_of(deployment, environment, DEVELOPER)


def rights_of(
    deployment: Deployment, environment: Environment | None, who: str
) -> tuple[Right, ...]:
    """Return the rights on data of `who` in `environment`, by default as compiled.

    Raises KeyError.

    A recreated identity needs the rights that the assignments give its former id.
    """
    policy = Policy.of(deployment)
    ids = deployment.principal(who).every_id
    subscription = environment.subscription if environment else deployment.subscription_id
    renamed = renaming(Environment.of_snapshot(deployment), environment) if environment else str
    found = (
        Right(
            definition=built_in_guid(role.name)
            or custom_role_guid(role, deployment.subscription_id, subscription, renamed(role.name)),
            role=renamed(role.name),
            scope=renamed(each.scope),
            actions=actions,
            services=tuple(_services(deployment, each)),
        )
        for each in deployment.assignments
        if each.principal_id in ids
        for role in [policy.role(each)]
        for name in [renamed(role.name)]
        if (actions := _actions(role, each.scope))
    )
    return tuple(dict.fromkeys(found))


def grant_command(right: Right, object_id: str, kind: str = "User") -> str:
    """Return the command that grants `right` to a User or a ServicePrincipal.

    The assignment gets the deployment's name for it: a row of access.bicep adopts it, and without a
    row the next deployment removes it (docs/leftovers.md).
    """
    return (
        f"az role assignment create --assignee-object-id {object_id} "
        f'--assignee-principal-type {kind} --role "{right.role}" --scope {shlex.quote(right.scope)}'
        f"{name_option(right.definition, right.scope, object_id)}"
    )


def _services(deployment: Deployment, granted: RoleAssignment) -> Iterable[str]:
    for app in deployment.apps:
        held = {one for attached in app.attachments for one in attached.identity.every_id}
        if any(
            (each.scope, each.role_definition_id) == (granted.scope, granted.role_definition_id)
            for each in deployment.assignments
            if each.principal_id in held
        ):
            yield app.name


def _actions(role: RoleDefinition, scope: str) -> tuple[str, ...]:
    """Return the services' actions on this kind of entity that `role` includes."""
    kind = scope.split("/")[-2]
    return tuple(each for each in _ACTIONS.get(kind, ()) if holds(role, Action(each, data=True)))


def renaming(before: Environment, after: Environment) -> Callable[[str], str]:
    """Return a function that translates names and ids from one environment to the other."""
    names = dict(zip(astuple(before), astuple(after), strict=True))
    # Custom roles, the component and the registry are named after these too.
    for field, prefix in (("vault", "kv-"), ("group", "rg-"), ("account", "st")):
        ours, theirs = getattr(before, field), getattr(after, field)
        names[ours.removeprefix(prefix)] = theirs.removeprefix(prefix)
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return lambda text: pattern.sub(lambda found: names[found[0]], text)


def _first_label(endpoint: str) -> str:
    return (urlsplit(endpoint).hostname or "").partition(".")[0]
