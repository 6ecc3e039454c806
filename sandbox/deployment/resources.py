"""What a deployment consists of, as far as the sandbox becomes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from sandbox.deployment.registration import Registration


@dataclass(frozen=True)
class StorageAccount:
    """A storage account and the names of its blob containers."""

    id: str
    name: str
    containers: tuple[str, ...]

    @property
    def host(self) -> str:
        return f"{self.name}.blob.core.windows.net"

    def container_id(self, container: str) -> str:
        """The resource id of one container, whether it exists or not."""
        return f"{self.id}/blobServices/default/containers/{container}"


@dataclass(frozen=True)
class DeclaredSecret:
    """A secret that the deployment makes, before anybody has set its real value."""

    name: str
    value: str = field(repr=False)
    enabled: bool


@dataclass(frozen=True)
class Vault:
    """A key vault under Azure RBAC. `retention` is how long a deleted secret can be recovered."""

    id: str
    name: str
    location: str
    retention: timedelta
    purge_protection: bool
    secrets: tuple[DeclaredSecret, ...]

    @property
    def host(self) -> str:
        return f"{self.name}.vault.azure.net"

    def secret_id(self, secret: str) -> str:
        """The resource id of one secret, whether it exists or not."""
        return f"{self.id}/secrets/{secret}"


@dataclass(frozen=True)
class EntitySettings:
    """What a queue, topic or subscription does with its messages."""

    lock_duration: timedelta = timedelta(minutes=1)
    max_delivery_count: int = 10
    time_to_live: timedelta | None = None
    duplicate_window: timedelta | None = None
    dead_letter_on_expiration: bool = False
    dead_letter_on_filter_error: bool = True


@dataclass(frozen=True)
class CorrelationFilter:
    """All that is named must equal the message's."""

    label: str | None = None
    message_id: str | None = None
    correlation_id: str | None = None
    to: str | None = None
    reply_to: str | None = None
    session_id: str | None = None
    content_type: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """Which messages of a topic a subscription gets: by SQL or by correlation."""

    name: str
    sql: str | None = None
    correlation: CorrelationFilter | None = None


@dataclass(frozen=True)
class Queue:
    id: str
    name: str
    settings: EntitySettings


@dataclass(frozen=True)
class Subscription:
    id: str
    name: str
    settings: EntitySettings
    rules: tuple[Rule, ...]  # as the template writes them


@dataclass(frozen=True)
class Topic:
    id: str
    name: str
    settings: EntitySettings
    subscriptions: tuple[Subscription, ...]


@dataclass(frozen=True)
class Namespace:
    """A Service Bus namespace with its entities."""

    id: str
    name: str
    queues: tuple[Queue, ...]
    topics: tuple[Topic, ...]

    @property
    def host(self) -> str:
        return f"{self.name}.servicebus.windows.net"


@dataclass(frozen=True)
class Component:
    """An Application Insights component, which takes telemetry by token only."""

    id: str
    name: str
    location: str
    instrumentation_key: str

    @property
    def host(self) -> str:
        """Where its telemetry goes; the number is that of a stamp, which Azure chooses."""
        return f"{self.location}-0.in.applicationinsights.azure.com"

    @property
    def connection_string(self) -> str:
        """How Azure tells of it; no secret, since the key in it is not enough."""
        live = f"https://{self.location}.livediagnostics.monitor.azure.com/"
        return (
            f"InstrumentationKey={self.instrumentation_key};"
            f"IngestionEndpoint=https://{self.host}/;LiveEndpoint={live}"
        )


class PrincipalKind(StrEnum):
    """What a principal is."""

    USER_ASSIGNED = "user-assigned"
    SYSTEM_ASSIGNED = "system-assigned"
    USER = "user"


@dataclass(frozen=True)
class Principal:
    """Somebody who can be given a role: a managed identity, or a user (who has no resource).

    `former_ids` are the principal ids that it had before it was deleted and made anew.
    """

    name: str
    kind: PrincipalKind
    principal_id: str
    client_id: str
    resource_id: str = ""
    former_ids: tuple[str, ...] = ()

    @property
    def every_id(self) -> tuple[str, ...]:
        """Its principal id, and those it had before it was recreated."""
        return (self.principal_id, *self.former_ids)


class Lifecycle(StrEnum):
    """When an app's code may use an attached identity (identitySettings of Container Apps)."""

    INIT = "Init"
    MAIN = "Main"
    ALL = "All"
    NONE = "None"


@dataclass(frozen=True)
class Attachment:
    """An identity on an app."""

    identity: Principal
    lifecycle: Lifecycle


@dataclass(frozen=True)
class Ingress:
    """How an app is reached: its host name, and from which addresses (CIDRs; empty for all)."""

    host: str
    external: bool
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContainerApp:
    """A service as the deployment runs it."""

    id: str
    name: str
    environment: Mapping[str, str]
    attachments: tuple[Attachment, ...]
    ingress: Ingress | None

    @property
    def usable(self) -> tuple[Principal, ...]:
        """The attached identities that the app's code may use at some time."""
        return tuple(
            each.identity for each in self.attachments if each.lifecycle is not Lifecycle.NONE
        )


@dataclass(frozen=True)
class RoleAssignment:
    """Who may do what a role says, on which scope and below."""

    id: str
    scope: str
    principal_id: str
    role_definition_id: str
    why: str


@dataclass(frozen=True)
class RoleDefinition:
    """A role: patterns of actions with `*`; what is data is never implied by what is not."""

    id: str
    name: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """Everything that a snapshot says, with its runtime values made up.

    `registration` is the catalog's, None where it asks for no token.
    """

    subscription_id: str
    tenant_id: str
    location: str
    storage: StorageAccount
    vault: Vault
    bus: Namespace
    insights: Component
    apps: tuple[ContainerApp, ...]
    principals: tuple[Principal, ...]
    assignments: tuple[RoleAssignment, ...]
    custom_roles: tuple[RoleDefinition, ...]
    registration: Registration | None

    @property
    def names(self) -> Mapping[str, str]:
        """What people call everybody, by principal id; who was deleted is called so."""
        now = {each.principal_id: each.name for each in self.principals}
        gone = {
            old: f"{each.name} (deleted)" for each in self.principals for old in each.former_ids
        }
        return gone | now

    @property
    def users(self) -> tuple[Principal, ...]:
        """Those who sign in: the developer, the operator."""
        return tuple(each for each in self.principals if each.kind is PrincipalKind.USER)

    def principal(self, name: str) -> Principal:
        """The principal called `name`. Raises KeyError, naming those that there are."""
        for principal in self.principals:
            if principal.name == name:
                return principal
        known = ", ".join(sorted(each.name for each in self.principals))
        raise KeyError(f"no identity is called {name!r}; choose from {known}")

    def app(self, name: str) -> ContainerApp:
        """The container app called `name`. Raises KeyError, naming those that there are."""
        for app in self.apps:
            if app.name == name:
                return app
        known = ", ".join(sorted(each.name for each in self.apps))
        raise KeyError(f"no service is called {name!r}; choose from {known}")
