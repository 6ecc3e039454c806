"""What the developer must be allowed in a real environment: the snapshot's policy, carried over."""

import re
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

# What the services do, by the kind of entity that they do it on.
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
        """The environment's own: the vault is kv-<name>-<token>."""
        return self.vault.removeprefix("kv-").rpartition("-")[0]

    @classmethod
    def of(cls, values: Values) -> "Environment":
        """As the environment's values tell. Raises ValuesError."""
        return cls(
            subscription=values["AZURE_SUBSCRIPTION_ID"],
            group=values["AZURE_RESOURCE_GROUP"],
            account=_first_label(values["AZURE_STORAGE_BLOB_ENDPOINT"]),
            vault=_first_label(values["AZURE_KEY_VAULT_ENDPOINT"]),
            namespace=values["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"].partition(".")[0],
        )

    @classmethod
    def of_snapshot(cls, deployment: Deployment) -> "Environment":
        """As the snapshot has them."""
        return cls(
            subscription=deployment.subscription_id,
            group=deployment.vault.id.split("/")[4],
            account=deployment.storage.name,
            vault=deployment.vault.name,
            namespace=deployment.bus.name,
        )


@dataclass(frozen=True)
class Right:
    """One role on one scope: what the services do by it, and which of them.

    `definition` is the role's GUID, empty where it is not known.
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
    """Each right on data that the snapshot gives the developer, under the environment's names."""
    return rights_of(deployment, environment, DEVELOPER)


def rights_of(deployment: Deployment, environment: Environment, who: str) -> tuple[Right, ...]:
    """Each right on data that the snapshot gives `who`, whenever they were made. Raises KeyError.

    An identity that was made anew needs what the assignments give the one that it was.
    """
    policy = Policy.of(deployment)
    ids = deployment.principal(who).every_id
    here = Environment.of_snapshot(deployment)
    renamed = renaming(here, environment)
    found = (
        Right(
            definition=built_in_guid(role.name)
            or custom_role_guid(
                role, here.subscription, environment.subscription, renamed(role.name)
            ),
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
    """Return the command by which an owner grants `right` to a User or a ServicePrincipal.

    It names the assignment as the deployment would. So a row of access.bicep takes it over, and
    without one it goes after the next deployment (docs/leftovers.md).
    """
    return (
        f"az role assignment create --assignee-object-id {object_id} "
        f'--assignee-principal-type {kind} --role "{right.role}" --scope {right.scope}'
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
    """What `role` grants of what the services do on an entity like that at `scope`."""
    kind = scope.split("/")[-2]
    return tuple(each for each in _ACTIONS.get(kind, ()) if holds(role, Action(each, data=True)))


def renaming(before: Environment, after: Environment) -> Callable[[str], str]:
    """How a name or an id of the one environment reads in the other."""
    names = dict(zip(astuple(before), astuple(after), strict=True))
    # What else is named after the environment: custom roles, the component, the registry.
    for field, prefix in (("vault", "kv-"), ("group", "rg-"), ("account", "st")):
        ours, theirs = getattr(before, field), getattr(after, field)
        names[ours.removeprefix(prefix)] = theirs.removeprefix(prefix)
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return lambda text: pattern.sub(lambda found: names[found[0]], text)


def _first_label(endpoint: str) -> str:
    return (urlsplit(endpoint).hostname or "").partition(".")[0]
