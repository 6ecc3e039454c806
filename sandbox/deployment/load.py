"""Loading of a deployment from a snapshot.

Only resources that the sandbox serves are evaluated. All else is left out, and listed.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from sandbox.deployment.access import Found, assignments, custom_roles
from sandbox.deployment.apps import APPS, app, unattached
from sandbox.deployment.builtin_roles import built_in_roles, other_built_in_roles
from sandbox.deployment.data_services import namespace, storage_account, vault
from sandbox.deployment.deployer import deployer_of
from sandbox.deployment.expressions import Unresolved, guid, resolve
from sandbox.deployment.federation import federated_credentials
from sandbox.deployment.identities import principals
from sandbox.deployment.in_force import in_force, source
from sandbox.deployment.in_force import is_own as is_own_snapshot
from sandbox.deployment.left_out import (
    SERVED,
    not_served,
    under_access_policies,
    unresolved,
    without_parent,
)
from sandbox.deployment.principals import Ids, as_assigned, principal_ids
from sandbox.deployment.registration import NONE, Registration, registration
from sandbox.deployment.resources import (
    ContainerApp,
    Deployment,
    FederatedCredential,
    LeftOut,
    Principal,
)
from sandbox.deployment.roles import NotEvaluated, RoleAssignment, RoleDefinition
from sandbox.deployment.runtime import (
    References,
    components,
    has_system_identity,
    identity_ids,
    is_label,
)
from sandbox.deployment.snapshot import (
    ACCOUNT,
    ASSIGNMENT,
    NAMESPACE,
    SNAPSHOT,
    VAULT,
    Snapshot,
    SnapshotError,
    about,
    known,
    properties_of,
)
from sandbox.state import State

_Resource = TypeVar("_Resource")
_Kind = TypeVar("_Kind")


def load(
    state: State,
    path: Path | None = None,
    *,
    is_own: bool | None = None,
    roles_deployed: bool = False,
) -> Deployment:
    """Return the deployment of the snapshot at `path`, by default the one in force.

    Its ids are kept in `state`. It is the project's own (`is_own`) if `state` was given no other
    snapshot, or a copy. With `roles_deployed`, it is as `deploy` will leave it.
    Raises SnapshotError or RegistrationError, with the resource that it cannot read.
    """
    is_own = is_own_snapshot(state, source(state)) if is_own is None else is_own
    raw = Snapshot.read(path or in_force(state))
    ids = principal_ids(state, identity_ids(raw))
    if roles_deployed:
        ids = {key: each.deployed() for key, each in ids.items()}
    return _Loading(raw, ids, is_own=is_own).deployment()


def freshly_deployed(state: State, path: Path, *, is_own: bool) -> Deployment:
    """Return a snapshot's deployment with every role assigned to the present identities alone.

    So it is after `deploy`, once the assignments of recreated identities' former ids are deleted.
    Raises as `load` does.
    """
    raw = Snapshot.read(path)
    ids = principal_ids(state, identity_ids(raw))
    present = {key: replace(each, former=(), assigned=()) for key, each in ids.items()}
    return _Loading(raw, present, is_own=is_own).deployment()


def as_compiled() -> Deployment:
    """Return the committed snapshot's deployment without a state: no identity was recreated.

    Its ids are made up. Raises as `load` does.
    """
    with tempfile.TemporaryDirectory() as folder:
        return load(State(Path(folder)), SNAPSHOT)


class _Loading:
    """One snapshot on its way to a deployment, with everything that it leaves out."""

    def __init__(self, raw: Snapshot, ids: Mapping[str, Ids], *, is_own: bool) -> None:
        self._raw = raw
        self._ids = ids
        self._is_own = is_own
        self._left_out = list(not_served(raw))
        self._snapshot = self._evaluated()

    def deployment(self) -> Deployment:
        """Return the deployment. Raises SnapshotError and RegistrationError."""
        snapshot, subscription = self._snapshot, _subscription(self._raw)
        everyone = principals(snapshot, self._ids)
        apps = tuple(_apps(snapshot, everyone))
        accounts = self._served(ACCOUNT, storage_account)
        vaults = self._served(VAULT, vault)
        namespaces = self._served(NAMESPACE, namespace)
        ids = (each.id for found in (accounts, vaults, namespaces) for each in found)
        served = {each.lower() for each in ids}
        self._left_out += [*without_parent(snapshot, served), *unresolved(snapshot, served)]
        assigned = self._assigned()
        roles = list(custom_roles(snapshot))
        enforced = tuple(self._enforced(assigned, roles))
        federated = list(federated_credentials(snapshot))
        self._left_out += _of(LeftOut, [*assigned, *roles, *federated])
        return Deployment(
            subscription_id=subscription,
            tenant_id=_tenant(snapshot, subscription),
            accounts=accounts,
            vaults=vaults,
            namespaces=namespaces,
            components=components(snapshot),
            apps=(*apps, *unattached(everyone, apps)),
            principals=everyone,
            assignments=enforced,
            custom_roles=tuple(_of(RoleDefinition, roles)),
            registration=self._registration(),
            deployer=deployer_of(subscription, everyone),
            resource_ids=tuple(each["id"] for each in self._raw.resources),
            not_evaluated=tuple(_of(NotEvaluated, assigned)),
            left_out=tuple(self._left_out),
            federated=tuple(_of(FederatedCredential, federated)),
            is_own=self._is_own,
        )

    def _evaluated(self) -> Snapshot:
        """Return the resources that are served, or have an identity, and the outputs."""
        references = References(self._raw, self._ids)
        found: dict[str, Mapping[str, Any]] = {}
        kinds = {each.lower() for each in SERVED}
        for each in self._raw.resources:
            if each["type"].lower() in kinds:
                resource = resolve(each, references)
                if self._is_there(resource):
                    found[str(resource["id"]).lower()] = resource
            elif has_system_identity(each):
                found[each["id"].lower()] = {**each, "properties": {}}
        outputs = resolve(dict(self._raw.outputs), references)
        return Snapshot(tuple(found.values()), outputs)

    def _is_there(self, resource: Mapping[str, Any]) -> bool:
        """Return whether a resource is deployed, under a name that is known here."""
        if resource.get("condition") is False:
            return False
        unknown = [each for each in ("id", "name") if isinstance(resource[each], Unresolved)]
        if unknown and resource["type"].lower() != ASSIGNMENT.lower():
            why = "its name is known only on Azure"
            self._left_out.append(LeftOut(resource["type"], resource[unknown[0]].text, why))
            return False
        return True

    def _served(
        self, kind: str, build: Callable[[Snapshot, Mapping[str, Any]], _Resource]
    ) -> tuple[_Resource, ...]:
        found: dict[str, _Resource] = {}
        for each in self._snapshot.of_type(kind):
            why = _why_not(each, found)
            if why:
                self._left_out.append(LeftOut(kind, str(each["name"]), why))
                continue
            with about(each):
                found[each["name"].lower()] = build(self._snapshot, each)
        return tuple(found.values())

    def _assigned(self) -> list[Found]:
        """Return the assignments of the last deployment, and those of former identities."""
        found: dict[str, Found] = {}
        for then in as_assigned(self._ids):
            references = References(self._raw, then)
            resources = resolve(list(self._raw.of_type(ASSIGNMENT)), references)
            for each in assignments(Snapshot(tuple(resources), {})):
                found.setdefault(_key(each), each)
        return list(found.values())

    def _enforced(
        self, assigned: list[Found], roles: list[RoleDefinition | LeftOut]
    ) -> Iterator[RoleAssignment]:
        """Yield the assignments whose roles are known; leave out the others."""
        definitions = (
            *built_in_roles(),
            *other_built_in_roles(),
            *_of(RoleDefinition, roles),
        )
        known_ids = {_guid(each.id) for each in definitions}
        for each in _of(RoleAssignment, assigned):
            if _guid(each.role_definition_id) in known_ids:
                yield each
            else:
                role = _guid(each.role_definition_id)
                why = f"its role {role} is not known here, so it grants nothing"
                self._left_out.append(LeftOut(ASSIGNMENT, each.id, why))

    def _registration(self) -> Registration | None:
        if not self._is_own:
            return None
        # As of the last deployment of the roles: an identity recreated since has none.
        then = principals(self._snapshot, next(as_assigned(self._ids)))
        ids = {each.name: each.principal_id for each in then}
        return registration(self._snapshot.outputs.get("CATALOG_AUDIENCE", NONE), ids)


def _why_not(resource: Mapping[str, Any], others: Mapping[str, object]) -> str:
    """Return why a resource is not served; empty if it is."""
    if not is_label(resource["name"]):
        return "its name cannot be part of a host name"
    if resource["name"].lower() in others:
        return "another resource has its name"
    if resource["type"].lower() == VAULT.lower() and under_access_policies(resource):
        return "it is under access policies (enableRbacAuthorization is not true): no role decides"
    return ""


def _of(kind: type[_Kind], found: list[Any]) -> Iterator[_Kind]:
    return (each for each in found if isinstance(each, kind))


def _guid(role_definition_id: str) -> str:
    return role_definition_id.rsplit("/", 1)[-1].lower()


def _key(found: Found) -> str:
    if isinstance(found, NotEvaluated):
        return found.assignment.id
    return found.id if isinstance(found, RoleAssignment) else found.name


def _apps(snapshot: Snapshot, everyone: tuple[Principal, ...]) -> Iterator[ContainerApp]:
    by_id = {each.resource_id.lower(): each for each in everyone if each.resource_id}
    names: dict[str, int] = {}
    for each in snapshot.of_type(*APPS):
        number = names[each["name"]] = names.get(each["name"], 0) + 1
        name = each["name"] if number == 1 else f"{each['name']}-{number}"
        yield app(snapshot, each, by_id, name)


def _subscription(snapshot: Snapshot) -> str:
    """Return the subscription of the resources. Raises SnapshotError if no id names one."""
    for each in snapshot.resources:
        if each["id"].lower().startswith("/subscriptions/"):
            return str(each["id"].split("/")[2])
    raise SnapshotError(
        "no resource of the snapshot has an id: take the snapshot with --subscription-id,"
        " --resource-group, --location and --deployment-name"
    )


def _tenant(snapshot: Snapshot, subscription: str) -> str:
    """Return the tenant that a vault names, or a made-up one."""
    for each in snapshot.of_type(VAULT):
        if tenant := known(properties_of(each), "tenantId"):
            return str(tenant)
    return guid("tenant", subscription)
