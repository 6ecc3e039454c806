"""One stage for all rows."""

import os
from collections.abc import Iterator

import pytest

from tests.access.stage import Stage, staged
from tests.access.table import ANOTHER_SECRET


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What asks Azure itself runs when it is told which environment."""
    if os.environ.get("KEYLESS_AZURE"):
        return
    apart = [each for each in items if each.get_closest_marker("azure_verified")]
    config.hook.pytest_deselected(items=apart)
    items[:] = [each for each in items if each not in set(apart)]


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("access")) as stage:
        stage.hand.vault.set_secret(ANOTHER_SECRET, "another value")
        yield stage


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say of the mutations how many were caught; a survivor is a row that the table lacks."""
    ran = {
        outcome: sum(
            report.when == "call" and "test_mutations.py" in report.nodeid
            for report in terminalreporter.stats.get(outcome, ())
        )
        for outcome in ("passed", "failed")
    }
    if total := sum(ran.values()):
        terminalreporter.write_line(f"mutations of the policy: {ran['passed']} of {total} caught")
