"""One harness for all rows."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.azd_values import Values
from local.doctor.cached_credential import CachedCredential
from local.questions.asker import Entities, Hosts
from local.rights import Environment
from local.sign_in import open_developers_credential, signed_in
from sandbox.deployment import DEPLOYER, as_compiled
from tests.access import sample
from tests.access.actor import Actor
from tests.access.harness import Harness, running_harness
from tests.access.rows import ANOTHER_SECRET

_LEFT_OUT = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that ask Azure itself, unless KEYLESS_AZURE names an environment.

    Tests that ask on the sample's entities run where these exist.
    """
    apart = [each for each in items if _asks_azure(each) and not os.environ.get("KEYLESS_AZURE")]
    if not sample.is_in(as_compiled()):
        left_out = [each for each in items if each.path.name in sample.ABOUT_AZURE]
        config.stash[_LEFT_OUT] = len(left_out)
        apart += left_out
    config.hook.pytest_deselected(items=apart)
    left = set(apart)
    items[:] = [each for each in items if each not in left]


def _asks_azure(item: pytest.Item) -> bool:
    return item.get_closest_marker("azure_verified") is not None


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with running_harness(tmp_path_factory.mktemp("access")) as harness:
        harness.admin.vault.set_secret(ANOTHER_SECRET, "another value")
        yield harness


@pytest.fixture(scope="module")
def azure() -> Actor:
    """The signed-in user, by the name that the table has for them."""
    values = Values.from_file(Path(os.environ["KEYLESS_AZURE"]))
    there = Environment.of(values)
    credential = CachedCredential(open_developers_credential())
    me = signed_in(credential).object_id.lower()
    users = [each.name for each in as_compiled().users if each.name != DEPLOYER]
    names = [who for who in users if values[f"{who.upper()}_PRINCIPAL_ID"].lower() == me]
    assert len(names) == 1, f"you, {me}, have to be one of {users}, and are {names}"
    hosts = Hosts(
        f"{there.account}.blob.core.windows.net",
        f"{there.vault}.vault.azure.net",
        values["SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"],
    )
    return Actor(credential, hosts, Entities.of(as_compiled()), names[0])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of the mutations how many were caught; a survivor is a row that the table lacks."""
    if left_out := terminalreporter.config.stash.get(_LEFT_OUT, 0):
        what = "since they ask about Azure on the sample's entities"
        terminalreporter.write_line(f"left out, {what}: {left_out} tests")
    ran = {
        outcome: sum(
            report.when == "call" and "test_mutations.py" in report.nodeid
            for report in terminalreporter.stats.get(outcome, ())
        )
        for outcome in ("passed", "failed")
    }
    if total := sum(ran.values()):
        terminalreporter.write_line(f"mutations of the policy: {ran['passed']} of {total} caught")
