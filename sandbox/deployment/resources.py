"""The resources of a deployment, as far as the sandbox supports them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from sandbox.deployment.registration import Registration
from sandbox.deployment.roles import NotEvaluated, RoleAssignment, RoleDefinition
from sandbox.deployment.service_bus import Namespace
from sandbox.deployment.snapshot import SnapshotError

_GROUP = "/subscriptions/[^/]+/resourceGroups/[^/]+"


@dataclass(frozen=True)
class StorageAccount:
    """A storage account and the names of its blob containers.

    `shared_key` allows its key beside tokens, as Azure does unless the template turns it off.
    `retains` are the names of the policies by which Azure keeps deleted data, and are not offered.
    """

    id: str
    name: str
    containers: tuple[str, ...]
    shared_key: bool = False
    retains: frozenset[str] = frozenset()

    @property
    def host(self) -> str:
        return f"{self.name}.blob.core.windows.net"

    def container_id(self, container: str) -> str:
        """Return the resource id of one container, whether it exists or not."""
        return f"{self.id}/blobServices/default/containers/{container}"


@dataclass(frozen=True)
class DeclaredSecret:
    """A secret that the deployment creates with a placeholder value."""

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
        """Return the resource id of one secret, whether it exists or not."""
        return f"{self.id}/secrets/{secret}"


@dataclass(frozen=True)
class Component:
    """An Application Insights component, which takes telemetry by token only.

    `stamp` is the number of its host. Azure chooses it; here, no two components share one.
    """

    id: str
    name: str
    location: str
    instrumentation_key: str
    stamp: int = 0

    @property
    def host(self) -> str:
        """The host that takes its telemetry."""
        return f"{self.location}-{self.stamp}.in.applicationinsights.azure.com"

    @property
    def connection_string(self) -> str:
        """Its connection string, which is no secret: the key in it does not suffice."""
        live = f"https://{self.location}.livediagnostics.monitor.azure.com/"
        return (
            f"InstrumentationKey={self.instrumentation_key};"
            f"IngestionEndpoint=https://{self.host}/;LiveEndpoint={live}"
        )


class PrincipalKind(StrEnum):
    """The kind of a principal."""

    USER_ASSIGNED = "user-assigned"
    SYSTEM_ASSIGNED = "system-assigned"
    USER = "user"


@dataclass(frozen=True)
class Principal:
    """A principal that can be given a role: a managed identity, or a user (without a resource).

    `former_ids` are its principal ids from before it was recreated.
    """

    name: str
    kind: PrincipalKind
    principal_id: str
    client_id: str
    resource_id: str = ""
    former_ids: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """Azure's type of it: all managed identities are service principals."""
        return "User" if self.kind is PrincipalKind.USER else "ServicePrincipal"

    @property
    def every_id(self) -> tuple[str, ...]:
        """Its principal id, and its former ones."""
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
    """An app's host name, and the client addresses that it admits (CIDRs; empty for all)."""

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
    def is_service(self) -> bool:
        """True for a container app, which the sandbox runs if the deployment is its own."""
        return "/containerapps/" in self.id.lower()

    def serves(self, app_id: str) -> bool:
        """Return whether tokens for `app_id` are for this app, and not for one that it calls."""
        is_internal = self.ingress is not None and not self.ingress.external
        return is_internal and app_id in self.environment.values()

    @property
    def usable(self) -> tuple[Principal, ...]:
        """The attached identities that the app's code may use at some time."""
        return tuple(
            each.identity for each in self.attachments if each.lifecycle is not Lifecycle.NONE
        )


@dataclass(frozen=True)
class FederatedCredential:
    """An identity's trust in an outside issuer's tokens for one subject and these audiences."""

    name: str
    identity_id: str
    issuer: str
    subject: str
    audiences: tuple[str, ...]


@dataclass(frozen=True)
class LeftOut:
    """A resource that the sandbox does not serve, or a part of one, with the reason.

    `why` is empty for a resource of a type that no plane serves.
    """

    type: str
    name: str
    why: str = ""


@dataclass(frozen=True)
class Deployment:
    """All resources of a snapshot, with made-up runtime values.

    `registration` is the catalog's, None where it asks for no token. `deployer` is a user beside
    the `principals`. `resource_ids` has each resource of the snapshot, served here or not. `is_own`
    says that it is the project's own deployment, whose keys and services the sandbox knows.
    """

    subscription_id: str
    tenant_id: str
    accounts: tuple[StorageAccount, ...]
    vaults: tuple[Vault, ...]
    namespaces: tuple[Namespace, ...]
    components: tuple[Component, ...]
    apps: tuple[ContainerApp, ...]
    principals: tuple[Principal, ...]
    assignments: tuple[RoleAssignment, ...]
    custom_roles: tuple[RoleDefinition, ...]
    registration: Registration | None
    deployer: Principal
    resource_ids: tuple[str, ...] = ()
    not_evaluated: tuple[NotEvaluated, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    federated: tuple[FederatedCredential, ...] = ()
    is_own: bool = True

    @property
    def groups(self) -> tuple[str, ...]:
        """The resource groups of the deployment, each by its id."""
        found = (re.match(_GROUP, each, re.IGNORECASE) for each in self.resource_ids)
        return tuple({each[0].lower(): each[0] for each in found if each}.values())

    @property
    def storage(self) -> StorageAccount:
        """The only storage account. Raises SnapshotError if there are none or several."""
        return _only("storage account", self.accounts)

    @property
    def vault(self) -> Vault:
        """The only key vault. Raises SnapshotError if there are none or several."""
        return _only("key vault", self.vaults)

    @property
    def bus(self) -> Namespace:
        """The only Service Bus namespace. Raises SnapshotError if there are none or several."""
        return _only("Service Bus namespace", self.namespaces)

    @property
    def insights(self) -> Component:
        """The only component. Raises SnapshotError if there are none or several."""
        return _only("Application Insights component", self.components)

    @property
    def data_services(self) -> tuple[StorageAccount | Vault | Namespace, ...]:
        """The resources whose data the sandbox serves, each at a host of its own."""
        return (*self.accounts, *self.vaults, *self.namespaces)

    @property
    def names(self) -> Mapping[str, str]:
        """The name of each principal by its id, former ids included."""
        now = {each.principal_id: each.name for each in (*self.principals, self.deployer)}
        gone = {
            old: f"{each.name} (deleted)" for each in self.principals for old in each.former_ids
        }
        return gone | now

    @property
    def former_ids(self) -> frozenset[str]:
        """The principal ids of deleted identities, which role assignments may still name."""
        return frozenset(old for each in self.principals for old in each.former_ids)

    @property
    def services(self) -> tuple[ContainerApp, ...]:
        """The services that the project's own deployment runs."""
        return tuple(each for each in self.apps if each.is_service) if self.is_own else ()

    @property
    def users(self) -> tuple[Principal, ...]:
        """The users, such as the developer and the operator; the deployer is the last."""
        users = [each for each in self.principals if each.kind is PrincipalKind.USER]
        return (*(each for each in users if each != self.deployer), self.deployer)

    def principal(self, name: str) -> Principal:
        """Return the principal called `name`. Raises KeyError, with all known names."""
        everyone = {each.name: each for each in (self.deployer, *self.principals)}
        if name in everyone:
            return everyone[name]
        known = ", ".join(sorted(everyone))
        raise KeyError(f"no identity is called {name!r}; choose from {known}")

    def app(self, name: str) -> ContainerApp:
        """Return the container app called `name`. Raises KeyError, with all known names."""
        for app in self.apps:
            if app.name == name:
                return app
        known = ", ".join(sorted(each.name for each in self.apps))
        raise KeyError(f"no service is called {name!r}; choose from {known}")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Resource = TypeVar("_Resource", bound=_Named)


def _only(kind: str, found: Sequence[_Resource]) -> _Resource:
    if len(found) != 1:
        names = f": {', '.join(each.name for each in found)}" if found else ""
        raise SnapshotError(f"this needs exactly one {kind}, and there are {len(found)}{names}")
    return found[0]
