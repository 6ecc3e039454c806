"""Short names for actions and resources."""

from pathlib import Path

import pytest

from cli.short_names import AmbiguousError, resolve
from sandbox.deployment import load
from sandbox.deployment.short_names import resource_ids, short_action, short_role, short_scope
from sandbox.state import State

BLOB = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"
GROUP = "/subscriptions/s/resourceGroups/g"


@pytest.mark.parametrize(
    ("action", "short"),
    [
        (f"{BLOB}/read", "blobs/read"),
        ("Microsoft.KeyVault/vaults/secrets/getSecret/action", "secrets/getSecret/action"),
        ("Microsoft.ServiceBus/namespaces/messages/send/action", "messages/send/action"),
        ("Microsoft.Insights/Telemetry/Write", "Telemetry/Write"),
        ("Microsoft.Authorization/roleAssignments/write", "roleAssignments/write"),
        ("Microsoft.Resources/deployments/read", "Microsoft.Resources/deployments/read"),
    ],
)
def test_an_action_is_shortened_to_what_tells_it_apart(action: str, short: str) -> None:
    assert short_action(action) == short


@pytest.mark.parametrize(
    ("scope", "short"),
    [
        (
            f"{GROUP}/providers/Microsoft.Storage/storageAccounts/a/blobServices/default/containers/c",
            "containers/c",
        ),
        (f"{GROUP}/providers/Microsoft.KeyVault/vaults/v/secrets/k", "secrets/k"),
        (
            f"{GROUP}/providers/Microsoft.ServiceBus/namespaces/n/topics/t/subscriptions/s",
            "subscriptions/s",
        ),
        (f"{GROUP}/providers/Microsoft.KeyVault/vaults/v", "vaults/v"),
        (GROUP, "resourceGroups/g"),
    ],
)
def test_a_scope_is_shortened_to_its_entity(scope: str, short: str) -> None:
    assert short_scope(scope) == short


@pytest.mark.parametrize(
    ("role", "short"),
    [
        ("Azure Service Bus Data Sender", "Service Bus Data Sender"),
        ("Keyless Blob Keeper (sandbox-rovfwda2)", "Keyless Blob Keeper"),
        ("Storage Blob Data Reader", "Storage Blob Data Reader"),
    ],
)
def test_a_role_is_shortened_to_what_it_is(role: str, short: str) -> None:
    assert short_role(role) == short


def test_the_end_of_a_resource_id_names_it() -> None:
    assert resolve("resource", "queues/b", ["/x/queues/a", "/x/queues/b"]) == "/x/queues/b"


def test_an_ending_is_taken_at_a_slash_only() -> None:
    with pytest.raises(AmbiguousError, match="no resource ends in 'ueues/b'"):
        resolve("resource", "ueues/b", ["/x/queues/b"])


def test_a_name_that_two_resources_share_is_refused_with_both(tmp_path: Path) -> None:
    known = resource_ids(load(State.open(tmp_path)))
    with pytest.raises(AmbiguousError) as refusal:
        resolve("resource", "catalog", known)
    assert "containers/catalog" in str(refusal.value)
    assert "subscriptions/catalog" in str(refusal.value)


def test_an_ambiguous_name_is_refused_with_longer_ones_alone() -> None:
    containers = "Microsoft.Storage/storageAccounts/blobServices/containers"
    known = [f"{containers}/read", f"{containers}/blobs/read"]
    with pytest.raises(AmbiguousError) as refusal:
        resolve("action", "read", known)
    assert "ambiguous: blobs/read, containers/read; " in str(refusal.value)
    assert resolve("action", "containers/read", known) == known[0]


def test_every_scope_of_an_assignment_can_be_named(tmp_path: Path) -> None:
    deployment = load(State.open(tmp_path))
    known = list(resource_ids(deployment))
    for assignment in deployment.assignments:
        assert resolve("resource", assignment.scope, known) == assignment.scope
