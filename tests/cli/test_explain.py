"""`keyless explain` decides as the gate does."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.application import application


def explain(state: Path, *arguments: str) -> Result:
    return CliRunner().invoke(application(), ["explain", *arguments, "--state", str(state)])


@pytest.mark.parametrize(
    ("identity", "action", "resource", "role"),
    [
        ("thumbnailer", "blobs/read", "containers/originals", "Storage Blob Data Reader"),
        ("gateway", "blobs/add/action", "containers/originals", "Keyless Blob Depositor"),
        ("notifier", "getSecret/action", "webhook-signing-key", "Key Vault Secrets User"),
        ("operator", "setSecret/action", "webhook-signing-key", "Keyless Key Setter"),
        ("catalog", "messages/receive/action", "subscriptions/catalog", "Data Receiver"),
        ("platform", "registries/pull/read", "registries/", "AcrPull"),
    ],
)
def test_what_is_allowed_names_the_role(
    tmp_path: Path, identity: str, action: str, resource: str, role: str
) -> None:
    if resource.endswith("/"):
        snapshot = json.loads(Path("infra/bicep/sandbox.snapshot.json").read_text())
        kind = "Microsoft.ContainerRegistry/registries"
        (resource,) = (r["id"] for r in snapshot["predictedResources"] if r["type"] == kind)
    result = explain(tmp_path, identity, action, resource)
    assert result.exit_code == 0, result.output
    assert role in result.output
    assert "because" in result.output


@pytest.mark.parametrize(
    ("identity", "action", "resource", "would"),
    [
        ("gateway", "blobs/read", "containers/originals", "Storage Blob Data Reader"),
        ("gateway", "blobs/delete", "containers/originals", "Storage Blob Data Contributor"),
        ("thumbnailer", "blobs/delete", "containers/thumbnails", "Storage Blob Data Contributor"),
        ("catalog", "messages/receive/action", "subscriptions/notifier", "Data Receiver"),
        ("operator", "getSecret/action", "webhook-signing-key", "Key Vault Secrets User"),
        ("notifier", "getSecret/action", "vaults/kv-sandbox-rovfwda2", "Key Vault Secrets User"),
    ],
)
def test_what_is_denied_names_a_role_that_would_allow_it(
    tmp_path: Path, identity: str, action: str, resource: str, would: str
) -> None:
    result = explain(tmp_path, identity, action, resource)
    assert result.exit_code == 1, result.output
    assert would in result.output


@pytest.mark.parametrize(
    ("identity", "action", "resource"),
    [
        ("notifier", "messages/receive", "subscriptions/notifier"),
        ("notifier", "secrets/getSecret", "secrets/webhook-signing-key"),
        ("gateway", "blobs/add", "containers/originals"),
    ],
)
def test_an_action_is_known_as_the_audit_and_the_demo_write_it(
    tmp_path: Path, identity: str, action: str, resource: str
) -> None:
    short = explain(tmp_path, identity, action, resource)
    assert short.exit_code == 0, short.output
    assert short.output == explain(tmp_path, identity, f"{action}/action", resource).output


def test_the_decision_is_there_as_json(tmp_path: Path) -> None:
    result = explain(tmp_path, "gateway", "blobs/read", "containers/thumbnails", "--json")
    decision = json.loads(result.output)
    assert decision["allowed"] is True
    assert decision["role"] == "Storage Blob Data Reader"
    assert decision["assignment"].startswith(decision["scope"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nobody", "blobs/read", "containers/originals"), "no identity is called 'nobody'"),
        (("gateway", "fly", "containers/originals"), "no action ends in 'fly'"),
        (("gateway", "blobs/read", "containers/nothing"), "no resource ends in"),
        (("gateway", "blobs/read", "catalog"), "is ambiguous"),
    ],
)
def test_a_name_that_is_not_known_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    result = explain(tmp_path, *arguments)
    assert result.exit_code == 69
    assert says in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_an_assignment_without_a_description_has_no_reason(tmp_path: Path) -> None:
    given = ("--snapshot", "tests/deployments/cluster/main.snapshot.json")
    result = explain(tmp_path, "writer", "blobs/read", "containers/reports", *given)
    assert result.exit_code == 0, result.output
    assert result.output.endswith("  assigned on  containers/reports\n")


def test_a_denial_names_the_roles_that_are_held_there_or_above(tmp_path: Path) -> None:
    control = explain(tmp_path, "deployer", "blobs/read", "containers/originals").output
    assert (
        "it holds     Owner on resourceGroups/rg-keyless-sandbox, of the control plane" in control
    )
    data = explain(tmp_path, "gateway", "blobs/read", "containers/originals").output
    assert "  it holds     Keyless Blob Depositor" in data
    assert "control plane" not in data
    assert (
        "it holds" not in explain(tmp_path, "catalog", "blobs/read", "containers/originals").output
    )
