"""Loading of the deployment that the committed snapshot describes."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox.deployment.access import assignments, custom_roles
from sandbox.deployment.apps import container_app, principals
from sandbox.deployment.data_services import namespace, storage_account, vault
from sandbox.deployment.deployer import deployer_of
from sandbox.deployment.expressions import ExpressionError, evaluate
from sandbox.deployment.in_force import in_force
from sandbox.deployment.principals import Ids, as_assigned, principal_ids
from sandbox.deployment.registration import NONE, RegistrationError, registration
from sandbox.deployment.resources import Deployment, RoleAssignment
from sandbox.deployment.runtime import References, component, identity_ids
from sandbox.deployment.snapshot import APP, ASSIGNMENT, SNAPSHOT, Snapshot, SnapshotError
from sandbox.state import State


def load(state: State, path: Path | None = None) -> Deployment:
    """Return the deployment of the snapshot at `path`, by default the one in force.

    Its ids are kept in `state`. Raises SnapshotError, ExpressionError or RegistrationError, with
    the part that it cannot read.
    """
    path = path or in_force(state)
    raw = Snapshot.read(path)
    with _understood(path):
        identities = identity_ids(raw)
    ids = principal_ids(state, identities)
    with _understood(path):
        others = [each for each in raw.resources if each["type"].lower() != ASSIGNMENT.lower()]
        resources = evaluate(others, References(raw, ids))
        outputs = evaluate(dict(raw.outputs), References(raw, ids))
        return _deployment(Snapshot(tuple(resources), outputs), ids, _assignments(raw, ids))


def as_compiled() -> Deployment:
    """Return the committed snapshot's deployment without a state: no identity was recreated.

    Its ids are made up. Raises as `load` does.
    """
    with tempfile.TemporaryDirectory() as folder:
        return load(State(Path(folder)), SNAPSHOT)


def _assignments(raw: Snapshot, ids: Mapping[str, Ids]) -> tuple[RoleAssignment, ...]:
    """Return the assignments of the last deployment, and those of former identities."""
    found: dict[str, RoleAssignment] = {}
    for then in as_assigned(ids):
        resources = evaluate(list(raw.of_type(ASSIGNMENT)), References(raw, then))
        for each in assignments(Snapshot(tuple(resources), {})):
            found.setdefault(each.id, each)
    return tuple(found.values())


@contextmanager
def _understood(path: Path) -> Iterator[None]:
    """Raise a resource's missing or malformed properties as SnapshotError."""
    try:
        yield
    except (SnapshotError, ExpressionError, RegistrationError):
        raise
    except LookupError as error:
        raise SnapshotError(f"the snapshot {path} lacks {error}") from error
    except (TypeError, AttributeError, ValueError) as error:
        raise SnapshotError(f"the snapshot {path} is not understood: {error}") from error


def _deployment(
    snapshot: Snapshot, ids: Mapping[str, Ids], assigned: tuple[RoleAssignment, ...]
) -> Deployment:
    vault_resource = snapshot.only("Microsoft.KeyVault/vaults")
    everyone = tuple(principals(snapshot, ids))
    # As of the last deployment of the roles: an identity recreated since has none.
    then = {each.name: each.principal_id for each in principals(snapshot, next(as_assigned(ids)))}
    by_id = {each.resource_id.lower(): each for each in everyone if each.resource_id}
    subscription_id = vault_resource["id"].split("/")[2]
    return Deployment(
        subscription_id=subscription_id,
        tenant_id=vault_resource["properties"]["tenantId"],
        location=vault_resource["location"],
        storage=storage_account(snapshot),
        vault=vault(snapshot),
        bus=namespace(snapshot),
        insights=component(snapshot.only("Microsoft.Insights/components")),
        apps=tuple(container_app(each, by_id) for each in snapshot.of_type(APP)),
        principals=everyone,
        assignments=assigned,
        custom_roles=tuple(custom_roles(snapshot)),
        registration=registration(snapshot.outputs.get("CATALOG_AUDIENCE", NONE), then),
        deployer=deployer_of(subscription_id, everyone),
        resource_ids=tuple(each["id"] for each in snapshot.resources),
    )
