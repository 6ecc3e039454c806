"""Builds the planes of one deployment, with an answer to each open question about Azure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.arm import GRAPH_HOST, Graph, ResourceManager
from sandbox.arm import HOST as ARM_HOST
from sandbox.assumptions import LIKELY, Assumptions
from sandbox.audit import FILE, Audit, Gate
from sandbox.deployment import Deployment, Ingress, Namespace
from sandbox.entra import (
    GRAPH_AUDIENCES,
    MANAGEMENT_AUDIENCES,
    DeviceCodes,
    Federation,
    IdTokens,
    Issuer,
    RefreshTokens,
    SignIn,
    SigningKey,
    login,
)
from sandbox.faults import Faults
from sandbox.faults.applications import of_account, of_partner, of_vault
from sandbox.faults.tokens import skewed
from sandbox.identity import IdentityEndpoint
from sandbox.keyvault import KeyVault
from sandbox.partner.receiver import Partner
from sandbox.rbac import Assignments
from sandbox.servicebus import ServiceBus, as_deployed
from sandbox.state import State
from sandbox.storage import Azurite
from sandbox.storage.plane import BlobStorage
from sandbox.supervisor.clock import MonotonicClock
from sandbox.supervisor.data_planes import DataPlanes, account_keys, shown_keys
from sandbox.supervisor.environment import kept_headers, new_headers
from sandbox.supervisor.settings import MARGIN, USUAL, Settings
from sandbox.supervisor.settings_in_force import SettingsInForce
from sandbox.supervisor.webhook_keys import partners, webhook_keys
from sandbox.telemetry.plane import Insights

_DELETED = " (deleted)"


@dataclass
class Planes:
    """The sandbox's Azure: each data plane, Entra, the identity endpoint; and the partners.

    The planes of accounts, vaults, namespaces and components are by host.
    `names` are those of principals by id, also of the identities that a deployment has deleted.
    `ingresses` are those that a later deployment has changed, by app.
    """

    deployment: Deployment
    names: dict[str, str]
    ingresses: dict[str, Ingress]
    assignments: Assignments
    gate: Gate
    audit: Audit
    clock: MonotonicClock
    assumed: Assumptions
    issuer: Issuer
    key: SigningKey
    sign_in: SignIn
    federation: Federation
    arm: ResourceManager
    graph: Graph
    accounts: Mapping[str, BlobStorage]
    vaults: Mapping[str, KeyVault]
    namespaces: Mapping[str, ServiceBus]
    components: Mapping[str, Insights]
    partners: tuple[Partner, ...]
    identity: IdentityEndpoint
    settings: SettingsInForce
    faults: Faults
    headers: Mapping[str, str] = field(repr=False)

    def routes(self) -> dict[str, web.Application]:
        """Return the application of each host, without the apps' own ingress."""
        tenant, front = self.deployment.tenant_id, (self.faults, self.gate)
        return {
            login.HOST: login.application(tenant, self.key, self.sign_in, self.federation),
            ARM_HOST: self.arm.application(),
            GRAPH_HOST: self.graph.application(),
            **{host: of_account(plane, *front) for host, plane in self.accounts.items()},
            **{host: of_vault(plane, *front) for host, plane in self.vaults.items()},
            **{host: plane.application() for host, plane in self.namespaces.items()},
            **{host: plane.application() for host, plane in self.components.items()},
            # Where two keys lead to one host, the first one serves it.
            **{each.host: of_partner(each, *front) for each in reversed(self.partners)},
        }

    def close(self) -> None:
        """Close the files of the vaults, of the components and of the audit."""
        for vault in self.vaults.values():
            vault.close()
        for component in self.components.values():
            component.close()
        self.audit.close()

    def check(self, deployment: Deployment) -> None:
        """Raise RuleError if a namespace of `deployment` has a rule that is not understood."""
        for each in deployment.namespaces:
            self.namespaces[each.host].check(each)

    async def deploy(self, state: State, deployment: Deployment, *, hurry: bool) -> int:
        """Become `deployment`, whose hosts are the same; return how many links that ended.

        With `hurry`, open links that lost their right end at once. Raises ValueError if the roles
        are refused, before anything has changed; OSError, StoreError, AzuriteError, sqlite3.Error
        or aiohttp.ClientError.
        """
        self.assignments.deploy(
            deployment.assignments,
            deployment.custom_roles,
            deployment.not_evaluated,
            deployment.former_ids,
        )
        self._rename(deployment.names)
        # Those of an app that goes are needed until its service has ended.
        self.headers = {**self.headers, **kept_headers(state, [a.name for a in deployment.apps])}
        self.identity.apps = {self.headers[app.name]: app for app in deployment.apps}
        self.ingresses |= {app.name: app.ingress for app in deployment.apps if app.ingress}
        if self.issuer.registration != deployment.registration:
            # On Azure, app roles wait for the token that is cached, for up to a day.
            self.identity.cache.forget()
        self.issuer.registration = deployment.registration
        self.sign_in.users = deployment.users
        self.federation.deployment = deployment
        self.arm.deploy(deployment)
        for component in deployment.components:
            self.components[component.host].deploy(component)
        for vault in deployment.vaults:
            self.vaults[vault.host].deploy(vault)
        for account in deployment.accounts:
            await self.accounts[account.host].deploy(account, account_keys(state, account))
        ended = sum(self._deploy(each, hurry=hurry) for each in deployment.namespaces)
        # Last: after a failure, the next attempt does all of it again.
        self.deployment = deployment
        return ended

    def _deploy(self, namespace: Namespace, *, hurry: bool) -> int:
        rules = self.assumed.bus_default_rule
        return self.namespaces[namespace.host].deploy(as_deployed(namespace, rules), hurry=hurry)

    def _rename(self, names: Mapping[str, str]) -> None:
        gone = {
            principal_id: name if name.endswith(_DELETED) else name + _DELETED
            for principal_id, name in self.names.items()
            if principal_id not in names
        }
        self.names.update({**gone, **names})


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
    faults = Faults(clock)
    issuer = Issuer(key, deployment.tenant_id, skewed(clock), deployment.registration)
    identity = IdentityEndpoint(
        {headers[app.name]: app for app in deployment.apps},
        issuer,
        gate,
        unknown_status=int(assumed.identity_unknown),
        wrong_header_status=int(assumed.identity_wrong_header),
        none_gives_tokens=assumed.identity_none == "gives",
        cache_margin=MARGIN if assumed.identity_cached_until == "margin" else 0,
    )
    names = dict(deployment.names)
    make = DataPlanes(state, deployment, names, key, gate, clock, assumed, faults)
    return Planes(
        deployment=deployment,
        names=names,
        ingresses={},
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
        federation=Federation(deployment, issuer, gate),
        arm=ResourceManager(
            deployment,
            assignments,
            make.verifier(MANAGEMENT_AUDIENCES),
            gate,
            keys_of=lambda account: shown_keys(state, account),
        ),
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
        faults=faults,
        headers=headers,
    )
