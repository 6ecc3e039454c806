"""`./keyless bench` from the outside. No test asserts a time."""

import io
import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench import MEASURES, BenchError, Figure, Plan, Samples
from bench.page import BEGIN, END
from cli.application import application
from tests.conftest import keyless

FAST = Figure("fast", "s", Samples.of([0.5]))
SLOW = Figure("slow", "s", Samples.of([8.5]))


@pytest.fixture(autouse=True)
def alone_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Separate this test's bench from other tests'."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Result]]:
    """Run `bench` with test measures: `good` has two figures, `broken` fails at its second."""

    def good(plan: Plan, root: Path) -> Iterator[Figure]:
        yield FAST
        yield SLOW

    def broken(plan: Plan, root: Path) -> Iterator[Figure]:
        yield FAST
        raise BenchError("nobody\nanswers")

    def unforeseen(plan: Plan, root: Path) -> Iterator[Figure]:
        yield Figure("never", "s", Samples.of([1 / (plan.runs - plan.runs)]))

    def interrupted(plan: Plan, root: Path) -> Iterator[Figure]:
        yield FAST
        raise KeyboardInterrupt

    # It is this process that would give way.
    monkeypatch.setattr("cli.bench.give_way", lambda: None)
    for measure in (good, broken, unforeseen, interrupted):
        monkeypatch.setitem(MEASURES, measure.__name__, measure)
    before = signal.getsignal(signal.SIGTERM)
    yield lambda *arguments: CliRunner().invoke(application("bench"), ["bench", *arguments])
    signal.signal(signal.SIGTERM, before)


def test_a_quick_bench_of_decisions_prints_its_figures_as_json(tmp_path: Path) -> None:
    done = keyless(tmp_path, "bench", "--quick", "--only", "rbac", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["machine"]["cpu"]
    assert [each["what"].partition(",")[0] for each in found["figures"]] == ["decision"] * 4
    assert all(each["ratio"] for each in found["figures"])


def test_progress_goes_to_stderr_and_names_the_machine(tmp_path: Path) -> None:
    done = keyless(tmp_path, "bench", "--quick", "--only", "rbac")
    assert "cores" in done.stderr
    assert "decision, denied" in done.stderr
    assert "≤ 20 µs" in done.stdout


def test_an_unknown_figure_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    done = keyless(tmp_path, "bench", "--only", "speed")
    assert done.returncode == 64
    assert "unknown figure 'speed'; choose from start, blob, bus" in done.stderr


def test_a_measure_that_fails_is_named_and_the_others_are_kept(
    run: Callable[..., Result],
) -> None:
    done = run("--only", "broken", "--only", "unforeseen", "--only", "good")
    lines = [each.split() for each in done.stdout.splitlines()]
    assert [each[:2] for each in lines[1:6]] == [
        ["fast", "0.50"],
        ["broken", "failed"],
        ["unforeseen", "failed"],
        ["fast", "0.50"],
        ["slow", "8.50"],
    ]
    assert "broken: nobody answers\nunforeseen: ZeroDivisionError: " in done.stdout
    assert "could not measure broken, unforeseen." in done.stderr
    assert done.exit_code == 1


def test_json_is_whole_whatever_fails(run: Callable[..., Result]) -> None:
    done = run("--only", "broken", "--only", "good", "--json")
    found = json.loads(done.stdout)["figures"]
    assert [each["what"] for each in found] == ["fast", "broken", "fast", "slow"]
    assert [each["failure"] for each in found] == ["", "nobody answers", "", ""]
    assert done.exit_code == 1


def test_a_page_gets_the_figures_and_one_without_a_table_is_refused_first(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    page = tmp_path / "speed.md"
    page.write_text(f"{BEGIN}{END}")
    assert run("--only", "good", "--page", str(page)).exit_code == 0
    assert "| slow | 8.50 s |" in page.read_text()
    page.write_text("no table")
    refused = run("--only", "good", "--page", str(page))
    assert refused.exit_code != 0
    assert "the page lacks the lines" in refused.stderr
    assert "fast" not in refused.stdout
    assert run("--quick", "--page", str(page)).exit_code == 64
    missing = run("--page", str(tmp_path / "missing.md"))
    assert (missing.exit_code, missing.stderr.count("Errno")) == (64, 0)
    assert "--page is not a file: " in missing.stderr


def test_a_page_keeps_the_figures_from_before_an_interrupt(
    run: Callable[..., Result], tmp_path: Path
) -> None:
    page = tmp_path / "speed.md"
    page.write_text(f"{BEGIN}{END}")
    assert run("--only", "interrupted", "--page", str(page)).exit_code != 0
    assert "| fast | 0.50 s |" in page.read_text()


def test_where_nothing_fails_the_status_is_0(run: Callable[..., Result]) -> None:
    assert run("--only", "good").exit_code == 0


def test_each_line_is_there_before_the_next_is_measured(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = ""

    def last(plan: Plan, root: Path) -> Iterator[Figure]:
        nonlocal printed
        sys.stdout.flush()
        assert isinstance(sys.stdout.buffer, io.BytesIO)
        printed = sys.stdout.buffer.getvalue().decode()
        yield SLOW

    monkeypatch.setitem(MEASURES, "last", last)
    done = run("--only", "good", "--only", "last")
    assert "what" in printed
    assert "slow" in printed
    assert done.stdout.startswith(printed)
    assert done.stdout.count("slow") == printed.count("slow") + 1
