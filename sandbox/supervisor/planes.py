"""Builds the planes of one deployment, with an answer to each open question about Azure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.arm import GRAPH_HOST, Graph, ResourceManager
from sandbox.arm import HOST as ARM_HOST
from sandbox.assumptions import LIKELY, Assumptions
from sandbox.audit import FILE, Audit, Gate
from sandbox.deployment import Deployment
from sandbox.entra import (
    GRAPH_AUDIENCES,
    MANAGEMENT_AUDIENCES,
    DeviceCodes,
    IdTokens,
    Issuer,
    RefreshTokens,
    SignIn,
    SigningKey,
    login,
)
from sandbox.identity import IdentityEndpoint
from sandbox.keyvault import KeyVault
from sandbox.partner import Partner
from sandbox.rbac import Assignments
from sandbox.servicebus import ServiceBus
from sandbox.state import State
from sandbox.storage import Azurite, BlobStorage
from sandbox.supervisor.clock import MonotonicClock
from sandbox.supervisor.data_planes import DataPlanes
from sandbox.supervisor.environment import new_headers
from sandbox.supervisor.settings import USUAL, Settings
from sandbox.supervisor.settings_in_force import SettingsInForce
from sandbox.supervisor.webhook_keys import partners, webhook_keys
from sandbox.telemetry import Insights


@dataclass(frozen=True)
class Planes:
    """The sandbox's Azure: each data plane, Entra, the identity endpoint; and the partners.

    The planes of accounts, vaults, namespaces and components are by host.
    """

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
    accounts: Mapping[str, BlobStorage]
    vaults: Mapping[str, KeyVault]
    namespaces: Mapping[str, ServiceBus]
    components: Mapping[str, Insights]
    partners: tuple[Partner, ...]
    identity: IdentityEndpoint
    settings: SettingsInForce
    headers: Mapping[str, str] = field(repr=False)

    def routes(self) -> dict[str, web.Application]:
        """Return the application of each host, without the apps' own ingress."""
        tenant = self.deployment.tenant_id
        return {
            login.HOST: login.application(tenant, self.key, self.sign_in),
            ARM_HOST: self.arm.application(),
            GRAPH_HOST: self.graph.application(),
            **{host: plane.application() for host, plane in self.accounts.items()},
            **{host: plane.application() for host, plane in self.vaults.items()},
            **{host: plane.application() for host, plane in self.namespaces.items()},
            **{host: plane.application() for host, plane in self.components.items()},
            # Where two keys lead to one host, the first one serves it.
            **{each.host: each.application() for each in reversed(self.partners)},
        }

    def close(self) -> None:
        """Close the files of the vaults, of the components and of the audit."""
        for vault in self.vaults.values():
            vault.close()
        for component in self.components.values():
            component.close()
        self.audit.close()


def build(
    state: State,
    deployment: Deployment,
    azurites: Sequence[Azurite],
    headers: Mapping[str, str] | None = None,
    assumed: Assumptions = LIKELY,
    *,
    settings: Settings = USUAL,
) -> Planes:
    """Return the planes of `deployment`, with their files in `state`; nothing listens yet.

    `azurites` are the backends of its accounts, in order. `headers` are the secrets by which the
    identity endpoint knows the apps; new ones by default. `assumed` answers the open questions;
    the planes get plain values for each. `settings` may change while the planes run.

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
    make = DataPlanes(state, deployment, key, gate, clock, assumed)
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
        arm=ResourceManager(deployment, assignments, make.verifier(MANAGEMENT_AUDIENCES), gate),
        graph=Graph(make.verifier(GRAPH_AUDIENCES), gate),
        accounts={
            each.host: make.account(each, azurite)
            for each, azurite in zip(deployment.accounts, azurites, strict=True)
        },
        vaults={each.host: make.vault(each) for each in deployment.vaults},
        namespaces={each.host: make.namespace(each) for each in deployment.namespaces},
        components={each.host: make.component(each) for each in deployment.components},
        partners=tuple(each for key in webhook_keys(deployment) for each in partners(state, key)),
        identity=identity,
        settings=SettingsInForce(issuer, identity.cache, assignments, settings),
        headers=headers,
    )
