"""Builds the planes of one deployment, with an answer to each open question about Azure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from sandbox.arm import GRAPH_HOST, Graph, ResourceManager
from sandbox.arm import HOST as ARM_HOST
from sandbox.assumptions import LIKELY, Assumptions
from sandbox.audit import FILE, Audit, Gate
from sandbox.deployment import Deployment, Namespace
from sandbox.entra import (
    BUS_AUDIENCES,
    GRAPH_AUDIENCES,
    MANAGEMENT_AUDIENCES,
    MONITOR_AUDIENCES,
    VAULT_AUDIENCES,
    DeviceCodes,
    IdTokens,
    Issuer,
    RefreshTokens,
    SignIn,
    SigningKey,
    Verifier,
    blob_audiences,
    login,
)
from sandbox.identity import IdentityEndpoint
from sandbox.keyvault import KeyVault, load_key
from sandbox.partner import Partner
from sandbox.rbac import Assignments
from sandbox.servicebus import Limits, ServiceBus, as_deployed
from sandbox.state import State
from sandbox.storage import Azurite, BlobStorage, adapted
from sandbox.supervisor.clock import MonotonicClock
from sandbox.supervisor.environment import new_headers
from sandbox.supervisor.settings import AZURES, Settings
from sandbox.supervisor.settings_in_force import SettingsInForce
from sandbox.supervisor.webhook_keys import partners, webhook_keys
from sandbox.telemetry import FILE as TELEMETRY
from sandbox.telemetry import Insights


@dataclass(frozen=True)
class Planes:
    """The sandbox's Azure: each data plane, Entra, the identity endpoint; and the partners."""

    deployment: Deployment
    assignments: Assignments
    gate: Gate
    audit: Audit
    clock: MonotonicClock
    assumed: Assumptions
    issuer: Issuer
    key: SigningKey
    sign_in: SignIn
    arm: ResourceManager
    graph: Graph
    blobs: BlobStorage
    vault: KeyVault
    bus: ServiceBus
    insights: Insights
    partners: tuple[Partner, ...]
    identity: IdentityEndpoint
    settings: SettingsInForce
    headers: Mapping[str, str] = field(repr=False)

    def routes(self) -> dict[str, web.Application]:
        """Return the application of each host, without the apps' own ingress."""
        deployment = self.deployment
        return {
            login.HOST: login.application(deployment.tenant_id, self.key, self.sign_in),
            ARM_HOST: self.arm.application(),
            GRAPH_HOST: self.graph.application(),
            deployment.storage.host: self.blobs.application(),
            deployment.vault.host: self.vault.application(),
            deployment.bus.host: self.bus.application(),
            deployment.insights.host: self.insights.application(),
            # Where two keys lead to one host, the first one serves it.
            **{each.host: each.application() for each in reversed(self.partners)},
        }


def build(
    state: State,
    deployment: Deployment,
    azurite: Azurite,
    headers: Mapping[str, str] | None = None,
    assumed: Assumptions = LIKELY,
    *,
    settings: Settings = AZURES,
) -> Planes:
    """Return the planes of `deployment`, with their files in `state`; nothing listens yet.

    `headers` are the secrets by which the identity endpoint knows the apps; new ones by default.
    `assumed` answers the open questions; the planes get plain values for each. `settings` may
    change while the planes run.

    Raises ValueError if the snapshot or the state is not understood, OSError if it cannot be read.
    """
    key = SigningKey.kept_in(state)
    audit = Audit(state.path(FILE))
    assignments = Assignments.kept_in(state, deployment)
    gate = Gate(assignments, audit)
    headers = headers or new_headers(app.name for app in deployment.apps)
    clock = MonotonicClock()
    issuer = Issuer(key, deployment.tenant_id, clock, deployment.registration)

    identity = IdentityEndpoint(
        {headers[app.name]: app for app in deployment.apps},
        issuer,
        gate,
        unknown_status=int(assumed.identity_unknown),
        wrong_header_status=int(assumed.identity_wrong_header),
        none_gives_tokens=assumed.identity_none == "gives",
    )

    def verifier(audiences: frozenset[str]) -> Verifier:
        return Verifier([key], deployment.tenant_id, audiences, deployment.names, clock)

    return Planes(
        deployment=deployment,
        assignments=assignments,
        gate=gate,
        audit=audit,
        clock=clock,
        assumed=assumed,
        issuer=issuer,
        key=key,
        sign_in=SignIn(
            issuer,
            IdTokens(key, deployment.tenant_id, clock),
            RefreshTokens.kept_in(state, clock),
            DeviceCodes(clock),
            users=deployment.users,
            ledger=gate,
        ),
        arm=ResourceManager(deployment, assignments, verifier(MANAGEMENT_AUDIENCES), gate),
        graph=Graph(verifier(GRAPH_AUDIENCES), gate),
        blobs=blob_storage(
            deployment, verifier(blob_audiences(deployment.storage.host)), gate, azurite, assumed
        ),
        vault=KeyVault(
            deployment.vault,
            deployment.tenant_id,
            verifier(VAULT_AUDIENCES),
            gate,
            database=state.path("vault.db"),
            key=load_key(state),
            existence_first=assumed.vault_missing == "existence",
            versions_by=assumed.vault_versions,
        ),
        bus=service_bus(
            deployment.bus,
            verifier(BUS_AUDIENCES),
            gate,
            state.path("bus.db"),
            assumed=assumed,
        ),
        insights=Insights(
            deployment.insights,
            verifier(MONITOR_AUDIENCES),
            gate,
            database=state.path(TELEMETRY),
        ),
        partners=tuple(each for key in webhook_keys(deployment) for each in partners(state, key)),
        identity=identity,
        settings=SettingsInForce(issuer, identity.cache, settings),
        headers=headers,
    )


def service_bus(
    namespace: Namespace,
    verifier: Verifier,
    gate: Gate,
    database: Path,
    *,
    assumed: Assumptions,
    limits: Limits | None = None,
) -> ServiceBus:
    """Return a bus that answers as `assumed`."""
    return ServiceBus(
        as_deployed(namespace, assumed.bus_default_rule),
        verifier,
        gate,
        database,
        limits,
        existence_first=assumed.bus_missing == "existence",
        assign_ids=assumed.bus_message_id == "given",
        accept_unknown=assumed.bus_put_token_unknown == "taken",  # noqa: S105 - an answer
    )


def blob_storage(
    deployment: Deployment, verifier: Verifier, gate: Gate, azurite: Azurite, assumed: Assumptions
) -> BlobStorage:
    """Return the storage account of `deployment`, in front of `azurite`."""
    return BlobStorage(
        deployment.storage,
        deployment.tenant_id,
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
    )
