"""The pytest plugin, in the test runs of other projects."""

import json
from pathlib import Path

import pytest

from sandbox.lock import holder
from sandbox.state import PROJECT, State
from sandbox.testing.deployment import Keyless

pytest_plugins = ("pytester",)

# Imported once for all: each of pytester's runs forgets its imports.
assert callable(Keyless)
USES_IT = "def test_it(keyless): assert keyless.identities"
ORDERS = Path(__file__).with_name("orders.snapshot.json")
NETWORKS = "Microsoft.Network/virtualNetworks"
A_NETWORK = {
    "id": f"/subscriptions/s/resourceGroups/orders/providers/{NETWORKS}/one",
    "type": NETWORKS,
    "name": "one",
}
UPLOADS_TWICE = """
import pytest
from azure.identity import DefaultAzureCredential
from azure.storage.blob import ContainerClient

ORDERS = "https://stcontosoorders.blob.core.windows.net/orders"
starts = set()

def orders(): return ContainerClient.from_container_url(ORDERS, DefaultAzureCredential())

def test_a_denial(keyless):
    with keyless.as_identity("worker") as worker, pytest.raises(Exception):
        orders().upload_blob("1", b"two chairs")
    starts.add(worker.variables["IDENTITY_HEADER"])

@pytest.mark.parametrize("time", [1, 2])
def test_an_upload(keyless_clean, time):
    with keyless_clean.as_identity("web"):
        assert list(orders().list_blobs()) == []
        orders().upload_blob("1", b"two chairs")
    starts.add(keyless_clean.as_identity("worker").variables["IDENTITY_HEADER"])
    assert len(starts) == time
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "sandbox.testing.plugin", *arguments)


@pytest.fixture(autouse=True)
def project(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USES_IT)


def sentence(result: pytest.RunResult) -> str:
    """Return the one error of the run."""
    result.assert_outcomes(errors=1)
    (found,) = (each for each in result.outlines if each.startswith("keyless: "))
    assert "exception" not in result.stdout.str()
    return found


def test_without_a_deployment_it_says_how_to_give_one(pytester: pytest.Pytester) -> None:
    said = sentence(run(pytester))
    assert said.startswith("keyless: the fixture keyless needs a deployment: set keyless_snapshot")


def test_a_path_in_the_configuration_is_relative_to_it(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nkeyless_snapshot = infra/main.json")
    (pytester.path / "below").mkdir()
    said = sentence(run(pytester, "--rootdir", str(pytester.path), "-c", "tox.ini"))
    assert said == f"keyless: there is no file {pytester.path}/infra/main.json"


def test_the_command_line_counts_more_than_the_configuration(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nkeyless_snapshot = one.json")
    assert "/other.json" in sentence(run(pytester, "--keyless-snapshot", "other.json"))


def test_a_fixture_of_the_project_counts_most(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nkeyless_snapshot = one.json")
    pytester.makeconftest(
        "import pytest\n"
        "@pytest.fixture(scope='session')\n"
        "def keyless_snapshot(): return 'fixtures.json'\n"
    )
    assert sentence(run(pytester)).endswith("/fixtures.json")


def test_a_broken_snapshot_is_named(pytester: pytest.Pytester) -> None:
    pytester.makefile(".json", broken="{")
    assert "broken.json is no Bicep snapshot" in sentence(
        run(pytester, "--keyless-snapshot", "broken.json")
    )


def test_a_deployment_that_cannot_start_says_why(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("KEYLESS_NODE", raising=False)
    snapshot = PROJECT / "infra" / "bicep" / "sandbox.snapshot.json"
    assert "Azurite needs node 20 or later" in sentence(
        run(pytester, "--keyless-snapshot", str(snapshot))
    )


def test_a_project_that_does_not_use_it_notices_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(
        "import sys\ndef test_it(): assert 'sandbox.testing.deployment' not in sys.modules"
    )
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    done = pytester.runpytest_subprocess("-p", "sandbox.testing.plugin")
    done.assert_outcomes(passed=1)


def test_a_clean_deployment_has_no_data_of_other_tests_and_the_last_one_ends(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PROJECT))
    pytester.makepyfile(UPLOADS_TWICE)
    snapshot = json.loads(ORDERS.read_text())
    snapshot["predictedResources"].append(A_NETWORK)
    pytester.makefile(".json", orders=json.dumps(snapshot))
    begun = ("--basetemp", "temporary", "--keyless-snapshot", "orders.json")
    done = pytester.runpytest_subprocess("-p", "sandbox.testing.plugin", *begun)
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines(["Microsoft.Network/virtualNetworks (1) is not served"])
    (folder,) = pytester.path.glob("temporary/keyless0/state")
    assert State(folder).path("audit.jsonl").exists()
    assert holder(State(folder)) is None
