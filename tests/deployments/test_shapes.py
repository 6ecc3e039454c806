"""Deployments in the shapes of public projects load, name the parts left out, and decide."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.snapshot_notes import left_out
from sandbox.deployment import Deployment, load
from sandbox.deployment.given_snapshot import given_snapshot
from sandbox.rbac import Allowed, Denied, Policy, Requirement
from sandbox.state import State
from tests.deployments.shapes import SHAPES, parameters_of, snapshot_of

READ_BLOB = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
GET_SECRET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"
SEND = "Microsoft.ServiceBus/namespaces/messages/send/action"
RECEIVE = "Microsoft.ServiceBus/namespaces/messages/receive/action"
TRACK = "Microsoft.Insights/Telemetry/Write"


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Deployment]:
    """Load each shape once, since a deployment does not change."""
    states = {shape: State.open(tmp_path_factory.mktemp(shape)) for shape in SHAPES}
    return {shape: load(states[shape], snapshot_of(shape), is_own=False) for shape in SHAPES}


@pytest.fixture
def loaded(shapes: Mapping[str, Deployment], request: pytest.FixtureRequest) -> Deployment:
    """Return the shape that the test is parametrized with."""
    return shapes[request.param]


def notes(deployment: Deployment) -> str:
    return "\n".join(left_out(deployment))


@pytest.mark.parametrize(
    ("loaded", "served"),
    [
        ("several", (2, 2, 2, 2)),
        ("functions", (1, 1, 1, 1)),
        ("cluster", (1, 1, 1, 0)),
        ("messages", (0, 0, 1, 0)),
    ],
    indirect=["loaded"],
)
def test_each_shape_is_served_as_far_as_the_sandbox_serves(
    loaded: Deployment, served: tuple[int, ...]
) -> None:
    found = (loaded.accounts, loaded.vaults, loaded.namespaces, loaded.components)
    assert tuple(map(len, found)) == served


@pytest.mark.parametrize(
    ("loaded", "said"),
    [
        ("several", ["not served here: Microsoft.App/managedEnvironments (1)"]),
        (
            "functions",
            [
                "Microsoft.DocumentDB/databaseAccounts (1)",
                "Microsoft.Sql/servers (1)",
                "Microsoft.Web/serverfarms (1)",
                ": it is under access policies",
                "/sql-password: kv-old-",
                "/cosmos-connection: its value is known only on Azure",
                "sites func-orders: AzureWebJobsStorage is not set: only Azure can evaluate the"
                " function listKeys()",
                "sites func-orders: COSMOS_REGIONS is not set: nothing is known of the runtime"
                " property 'writeLocations'",
            ],
        ),
        (
            "cluster",
            [
                "Microsoft.Authorization/locks (1)",
                "Microsoft.ContainerService/managedClusters (1)",
                "Microsoft.Insights/diagnosticSettings (1)",
                "its role b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b is not known here",
                "its principalId is known only on Azure, so it grants nothing here",
                "grants nothing: the sandbox has no groups",
                "writer's role on vaults/kv-",
                "grants nothing: its condition is not evaluated here",
            ],
        ),
        (
            "messages",
            [
                "Microsoft.App/managedEnvironments/daprComponents (1)",
                "containerApps desk: BUS_CONNECTION is not set: it is the secret bus of the app",
            ],
        ),
    ],
    indirect=["loaded"],
)
def test_each_shape_says_what_it_leaves_out(loaded: Deployment, said: list[str]) -> None:
    found = notes(loaded)
    assert [each for each in said if each not in found] == []


@pytest.mark.parametrize(
    ("loaded", "who", "action", "on", "not_on"),
    [
        ("several", "shop", READ_BLOB, "accounts/0/orders", "accounts/1/orders"),
        ("several", "south", GET_SECRET, "vaults/1/greeting", "vaults/0/greeting"),
        ("several", "south", SEND, "namespaces/1/orders", "namespaces/0/orders"),
        ("several", "shop", TRACK, "components/0", "components/1"),
        ("functions", "func-orders", READ_BLOB, "accounts/0/uploads", ""),
        ("functions", "func-orders", GET_SECRET, "vaults/0/cosmos-connection", ""),
        ("functions", "func-orders", RECEIVE, "namespaces/0/orders", ""),
        ("functions", "func-orders", TRACK, "components/0", ""),
        ("cluster", "writer", READ_BLOB, "accounts/0/reports", "accounts/0/others"),
        ("cluster", "aks-reports", GET_SECRET, "vaults/0/signing", ""),
        ("messages", "desk", SEND, "namespaces/0/letters", ""),
        ("messages", "nightly", RECEIVE, "namespaces/0/letters", ""),
    ],
    indirect=["loaded"],
)
def test_each_identity_may_what_its_roles_say_and_no_more(
    loaded: Deployment, who: str, action: str, on: str, not_on: str
) -> None:
    policy, principal = Policy.of(loaded), loaded.principal(who).principal_id
    there = Requirement.of(scope_of(loaded, on), action)
    assert isinstance(policy.decide(principal, there), Allowed)
    if not_on:
        elsewhere = Requirement.of(scope_of(loaded, not_on), action)
        assert isinstance(policy.decide(principal, elsewhere), Denied)
    others = [each for each in loaded.principals if each.name != who]
    for each in others:
        assert isinstance(policy.decide(each.principal_id, there), Denied), each.name


def scope_of(deployment: Deployment, short: str) -> str:
    """Return the id of a resource, or of an entity of it, by their place in the deployment."""
    kind, number, *entity = short.split("/")
    resource = getattr(deployment, kind)[int(number)]
    match kind:
        case "accounts":
            return str(resource.container_id(*entity))
        case "vaults":
            return str(resource.secret_id(*entity))
        case "namespaces":
            [found] = [each.id for each in resource.queues if each.name == entity[0]]
            return str(found)
        case _:
            return str(resource.id)


@pytest.mark.parametrize("loaded", ["cluster"], indirect=True)
def test_a_denial_names_the_condition_and_the_group_that_might_allow_it(
    loaded: Deployment,
) -> None:
    policy, writer = Policy.of(loaded), loaded.principal("writer").principal_id
    [vault], [account] = loaded.vaults, loaded.accounts
    secret = policy.decide(writer, Requirement.of(vault.secret_id("signing"), GET_SECRET))
    other = policy.decide(writer, Requirement.of(account.container_id("others"), READ_BLOB))
    assert isinstance(secret, Denied)
    assert isinstance(other, Denied)
    assert [str(each).rpartition(": ")[2] for each in secret.not_evaluated] == [
        "its condition is not evaluated here"
    ]
    assert [each.to_group for each in other.not_evaluated] == [True]


@pytest.mark.skipif(
    shutil.which(os.environ.get("BICEP", "bicep")) is None, reason="there is no Bicep CLI"
)
@pytest.mark.parametrize("shape", SHAPES)
def test_each_snapshot_is_that_of_its_bicep(tmp_path: Path, shape: str) -> None:
    parameters = parameters_of(shape)
    before = sorted(parameters.parent.iterdir())
    made = json.loads(given_snapshot(State.open(tmp_path), parameters).read_text())
    assert made == json.loads(snapshot_of(shape).read_text())
    assert sorted(parameters.parent.iterdir()) == before
