"""Builds the plane of one account, vault, namespace or component, with its files in a state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.assumptions import Assumptions
from sandbox.audit import Gate
from sandbox.deployment import Component, Deployment, Namespace, StorageAccount, Vault
from sandbox.entra import (
    BUS_AUDIENCES,
    MONITOR_AUDIENCES,
    VAULT_AUDIENCES,
    SigningKey,
    Verifier,
    blob_audiences,
)
from sandbox.faults import Faults
from sandbox.faults.bus import throttle
from sandbox.keyvault import KeyVault, load_key
from sandbox.servicebus import Limits, ServiceBus, as_deployed
from sandbox.servicebus.context import Throttle, take_all
from sandbox.state import State
from sandbox.storage import Azurite
from sandbox.storage.account_keys import AccountKeys
from sandbox.storage.delegation_keys import DelegationKeys
from sandbox.storage.plane import BlobStorage
from sandbox.storage.recognise import adapted
from sandbox.supervisor.databases import database
from sandbox.telemetry import FILE as TELEMETRY
from sandbox.telemetry.plane import Insights


@dataclass(frozen=True)
class DataPlanes:
    """Builds data planes for the principals of a deployment; the planes answer as `assumed`.

    `names` are those of the principals by id, and may change.
    """

    state: State
    deployment: Deployment
    names: Mapping[str, str]
    key: SigningKey
    gate: Gate
    clock: Callable[[], float]
    assumed: Assumptions
    faults: Faults

    def verifier(self, audiences: frozenset[str]) -> Verifier:
        """Return a verifier of this deployment's tokens for `audiences`."""
        tenant = self.deployment.tenant_id
        return Verifier([self.key], tenant, audiences, self.names, self.clock)

    def account(self, account: StorageAccount, azurite: Azurite) -> BlobStorage:
        """Return the plane of a storage account, in front of `azurite`."""
        verifier = self.verifier(blob_audiences(account.host))
        tenant = self.deployment.tenant_id
        keys = account_keys(self.state, account)
        return blob_storage(
            account,
            tenant,
            verifier,
            self.gate,
            azurite,
            assumed=self.assumed,
            keys=keys,
            delegation=DelegationKeys.kept_in(self.state),
        )

    def vault(self, vault: Vault) -> KeyVault:
        """Return the plane of a vault. Raises DatabaseError, BrokenFileError or OSError."""
        return KeyVault(
            vault,
            self.deployment.tenant_id,
            self.verifier(VAULT_AUDIENCES),
            self.gate,
            database=database(self.state, "vault", vault.name),
            key=load_key(self.state),
            existence_first=self.assumed.vault_missing == "existence",
            versions_by=self.assumed.vault_versions,
        )

    def namespace(self, namespace: Namespace) -> ServiceBus:
        """Return the plane of a namespace. Raises BrokenFileError or OSError."""
        file = database(self.state, "bus", namespace.name)
        verifier = self.verifier(BUS_AUDIENCES)
        busy = throttle(self.faults, namespace.name)
        return service_bus(
            namespace, verifier, self.gate, file, assumed=self.assumed, throttle=busy
        )

    def component(self, component: Component) -> Insights:
        """Return the plane of a component. Raises StoreError.

        All share one file, since one operation may report to several components.
        """
        verifier = self.verifier(MONITOR_AUDIENCES)
        return Insights(component, verifier, self.gate, database=self.state.path(TELEMETRY))


def account_keys(state: State, account: StorageAccount) -> AccountKeys | None:
    """Return the keys of an account that allows them. Raises BrokenFileError or OSError."""
    return AccountKeys.kept_in(state, account.name) if account.shared_key else None


def shown_keys(state: State, account: StorageAccount) -> Mapping[str, str]:
    """Return the keys of an account by name, none if it allows none. Raises as `account_keys`."""
    keys = account_keys(state, account)
    return keys.shown if keys else {}


def service_bus(
    namespace: Namespace,
    verifier: Verifier,
    gate: Gate,
    database: Path,
    *,
    assumed: Assumptions,
    limits: Limits | None = None,
    throttle: Throttle = take_all,
) -> ServiceBus:
    """Return a bus that answers as `assumed`; `throttle` is that of ServiceBus."""
    return ServiceBus(
        as_deployed(namespace, assumed.bus_default_rule),
        verifier,
        gate,
        database,
        limits,
        existence_first=assumed.bus_missing == "existence",
        assign_ids=assumed.bus_message_id == "given",
        accept_unknown=assumed.bus_put_token_unknown == "taken",  # noqa: S105 - an answer
        throttle=throttle,
    )


def blob_storage(
    account: StorageAccount,
    tenant_id: str,
    verifier: Verifier,
    gate: Gate,
    azurite: Azurite,
    *,
    assumed: Assumptions,
    keys: AccountKeys | None = None,
    delegation: DelegationKeys | None = None,
) -> BlobStorage:
    """Return a storage account that answers as `assumed`, in front of `azurite`."""
    return BlobStorage(
        account,
        tenant_id,
        verifier,
        gate,
        azurite.backend(),
        table=adapted(
            add_creates=assumed.blob_add == "creates",
            condition_first=assumed.blob_overwrite == "condition",
            tags_condition_reads=assumed.blob_tags_condition == "needs-tags-read",
            key_alone=assumed.blob_acl == "not-found",
        ),
        existence_first=assumed.blob_missing == "existence",
        every_detail=assumed.blob_token_detail == "told",  # noqa: S105 (no password)
        keys=keys,
        delegation=delegation,
    )
