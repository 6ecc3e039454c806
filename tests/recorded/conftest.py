"""Counts the rows that agree with Azure's recorded answers, and prints how many of all they are."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.access.harness import Harness, running_harness
from tests.recorded.rows import Answer, Row, complaint, differences, verdict

Compare = Callable[[str, Row, Answer, Mapping[str, str]], None]
_VERDICT = "recorded"


@pytest.fixture
def compare(record_property: Callable[[str, object], None]) -> Compare:
    """Hold an answer of a plane against its row, and count it."""

    def comparing(plane: str, row: Row, answer: Answer, known: Mapping[str, str]) -> None:
        found = differences(row, answer)
        came_out = verdict(row, found, known)
        record_property(_VERDICT, (plane, came_out))
        assert came_out != "differ", complaint(row, found)

    return comparing


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """Every endpoint, reached through the edge as the SDKs reach it."""
    with running_harness(tmp_path_factory.mktemp("recorded")) as harness:
        yield harness


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print one line for each plane."""
    reports = [each for group in terminalreporter.stats.values() for each in group]
    counted = Counter(
        value
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == _VERDICT
    )
    for plane in sorted({plane for plane, _ in counted}):
        terminalreporter.write_line(_line(plane, counted))


def _line(plane: str, counted: Counter[tuple[str, str]]) -> str:
    agree, known, differ = (counted[plane, each] for each in ("agree", "known", "differ"))
    line = f"{plane}: {agree} of {agree + known + differ} recorded answers agree"
    return f"{line}, {known} are known to differ" + (f", {differ} differ" if differ else "")
