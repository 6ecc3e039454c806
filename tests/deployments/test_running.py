"""Deployments of several of each, and of none, run: programs are allowed and denied by role."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.audit import Outcome
from sandbox.deployment import Deployment
from tests.conftest import Running, keyless, up
from tests.deployments.shapes import snapshot_of

VISITOR = Path(__file__).with_name("visitor.py")
ALLOWED, DENIED = "allowed", "denied"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    state = tmp_path_factory.mktemp("shop")
    with up(state, "--snapshot", str(snapshot_of("several"))) as running:
        yield running


def addresses(deployment: Deployment, number: int) -> list[str]:
    """Return the addresses of the first or second of each kind."""
    component = deployment.components[number]
    return [
        f"https://{deployment.accounts[number].host}/orders",
        f"https://{deployment.vaults[number].host}/secrets/greeting",
        f"sb://{deployment.namespaces[number].host}/orders",
        f"https://{component.host}#{component.instrumentation_key}",
    ]


def visited(shop: Running, who: str, number: int) -> dict[str, str]:
    """Return the decisions on a program as `who`."""
    visit = (sys.executable, str(VISITOR), *addresses(shop.deployment, number))
    done = shop.run("as", who, "--", *visit)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_a_program_may_use_the_resources_of_its_own_tenant_and_no_others(shop: Running) -> None:
    assert visited(shop, "shop", 0) == dict.fromkeys(
        ("blob", "secret", "bus", "telemetry"), ALLOWED
    )
    assert visited(shop, "shop", 1) == dict.fromkeys(("blob", "secret", "bus", "telemetry"), DENIED)
    assert visited(shop, "south", 1) == {
        "blob": ALLOWED,
        "secret": ALLOWED,
        "bus": ALLOWED,
        "telemetry": DENIED,
    }
    denied = {each.scope for each in shop.audit() if each.outcome is Outcome.DENIED}
    assert len(denied) == 4
    second = shop.deployment.namespaces[1].name
    assert shop.report.messages[f"{second}/queues/orders"] == 1


def test_no_service_starts_and_each_app_is_listed(shop: Running) -> None:
    assert {each.name: each.state for each in shop.report.services} == {
        "shop": "not started",
        "banner": "not started",
        "south": "not started",
    }
    assert shop.report.ready
    assert shop.report.gallery == ""


def test_an_app_without_an_identity_gets_no_token(shop: Running) -> None:
    ask = "from azure.identity import ManagedIdentityCredential as M; M().get_token('https://vault.azure.net/.default')"
    done = shop.run("as", "banner", "--", sys.executable, "-c", ask)
    assert done.returncode != 0
    assert "Unable to load the proper Managed Identity" in done.stderr


def test_a_running_sandbox_takes_another_deployment_by_apply(shop: Running) -> None:
    other = str(snapshot_of("messages"))
    done = shop.run("up", "--detach", "--snapshot", other)
    assert done.returncode != 0
    assert f"apply --snapshot {other}" in " ".join(done.stderr.split())


def test_commands_about_photos_say_that_the_deployment_is_another(shop: Running) -> None:
    done = shop.run("demo")
    assert done.returncode != 0
    assert "demo needs the sample's services" in " ".join(done.stderr.split())


def test_without_a_store_no_azurite_starts_and_the_next_start_has_the_same_deployment(
    tmp_path: Path,
) -> None:
    with up(tmp_path, "--snapshot", str(snapshot_of("messages"))) as mail:
        assert not mail.state.path("logs/azurite.log").exists()
        assert not mail.state.path("vault.db").exists()
    with up(tmp_path) as mail:
        assert [each.name for each in mail.report.services] == ["desk", "nightly"]
        decision = mail.run("explain", "desk", "messages/send", "queues/letters")
        assert decision.returncode == 0, decision.stderr


def test_with_endpoints_alone_no_service_of_ours_takes_a_message(tmp_path: Path) -> None:
    with up(tmp_path, "--endpoints") as ours:
        assert {each.state for each in ours.report.services} == {"not started"}
        assert ours.report.ready
        variables = json.loads(ours.run("env", "gateway", "--json").stdout)
    assert {"IDENTITY_ENDPOINT", "AZURE_CLIENT_ID"} <= variables.keys()


def test_a_deployment_is_explained_without_a_sandbox(tmp_path: Path) -> None:
    given = ("--snapshot", str(snapshot_of("cluster")))
    done = keyless(tmp_path, "explain", "writer", "secrets/getSecret", "secrets/signing", *given)
    assert done.returncode == 1
    assert "its condition is not evaluated here" in " ".join(done.stdout.split())
    listed = keyless(tmp_path, "access", "writer", "--json", *given)
    assert {each["role"] for each in json.loads(listed.stdout)} == {
        "Storage Blob Data Contributor",
        "Service Bus Data Owner",
    }


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("none.json", "there is no "),
        (".", "is a folder: name a snapshot"),
        ("broken.json", "is no Bicep snapshot"),
    ],
)
def test_a_file_that_is_no_deployment_is_refused_and_not_remembered(
    tmp_path: Path, given: str, says: str
) -> None:
    (tmp_path / "broken.json").write_text("{}")
    state = tmp_path / "state"
    done = keyless(state, "up", "--detach", "--snapshot", str(tmp_path / given))
    assert done.returncode != 0
    assert says in " ".join(done.stderr.split())
    assert not (state / "snapshot-source.json").exists()
