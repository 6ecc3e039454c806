"""`./keyless bench` from the outside. No test asserts a time."""

import json
from pathlib import Path

from tests.conftest import keyless


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
    assert "no figure is called 'speed'; there are start, blob, bus" in done.stderr
