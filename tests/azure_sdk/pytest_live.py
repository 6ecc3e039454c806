"""A pytest plugin: run the live tests alone, and write how each ended.

A test is live if a preparer gives it an entity or an address, if it says so itself, or if a replay
would have to be recorded; the others need no service.
"""

import json
import os
import re
from pathlib import Path

import pytest

# As in managed-identity-live/ and test_live.py.
_LIVE = re.compile(r"[_-]live\b|[_-]live_")
_ended: dict[str, tuple[str, str]] = {}


@pytest.fixture(scope="session")
def test_proxy() -> None:
    """Stand for the proxy that records, which the tests' own fixtures ask for."""


@pytest.fixture
def recorded_test() -> None:
    """Stand for a recording, which a live run does without."""


@pytest.fixture(scope="session")
def environment_variables() -> "EnvironmentVariables":
    """Return the environment, as azure-identity's tests read it."""
    return EnvironmentVariables()


class EnvironmentVariables:
    """The variables of this process, in which nothing is replaced."""

    def get(self, name: str) -> str | None:
        return os.environ.get(name)

    def sanitize_batch(self, _: object) -> None:
        """Do nothing: nothing is recorded."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the live tests."""
    live = [each for each in items if is_live(each)]
    config.hook.pytest_deselected(items=[each for each in items if each not in live])
    items[:] = live


def is_live(item: pytest.Item) -> bool:
    """Return whether a test asks a service."""
    by_decorator = getattr(getattr(item, "function", None), "is_live", False)
    place = f"{item.path.parent.name} {item.path.stem}"
    says_so = item.get_closest_marker("live_test_only") or _LIVE.search(place)
    return bool(by_decorator or says_so or "recorded_test" in getattr(item, "fixturenames", ()))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the outcome of a test, and that of its set-up if it fails there."""
    if report.when == "call" or report.outcome != "passed":
        lines = "" if report.passed else str(report.longrepr).strip()
        # The tests expect some to fail on Azure that pass here.
        xfailed = hasattr(report, "wasxfail") and not report.passed
        outcome = "xfailed" if xfailed else report.outcome
        _ended[report.nodeid] = outcome, " ".join(lines.splitlines()[-12:])


def pytest_sessionfinish() -> None:
    """Write all outcomes, once, to the file that the environment names."""
    path = os.environ.get("KEYLESS_SDK_ENDED")
    if path and "PYTEST_XDIST_WORKER" not in os.environ:
        Path(path).write_text(json.dumps(_ended), "utf-8")
