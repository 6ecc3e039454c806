"""A run of a suite, with a pytest that stands in for the SDK's."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.azure_sdk import __main__ as command
from tests.azure_sdk.reasons import Result
from tests.azure_sdk.suites import SUITES

SUITE = SUITES["servicebus"]


def results_of(
    folder: Path, patch: pytest.MonkeyPatch, *runs: tuple[int, dict[str, Any]]
) -> list[Result]:
    """Return the results of a suite whose runs of pytest end with this status and these results."""
    left = list(runs)

    def run(arguments: Any, *, env: dict[str, str], **_: object) -> Any:
        status, found = left.pop(0)
        Path(env["KEYLESS_SDK_ENDED"]).write_text(json.dumps(found))
        return subprocess.CompletedProcess(arguments, status)

    patch.setattr(subprocess, "run", run)
    patch.setattr(command, "environment", lambda *_: {})
    sandbox: Any = None
    return command._run(SUITE, sandbox, Path("python"), folder / "tests", ())


def test_the_results_of_all_runs_are_put_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = (0, {"a": ["passed", ""]}), (1, {"b": ["failed", "E  500"]})
    found = results_of(tmp_path, monkeypatch, *runs)
    assert found == [Result("a", "passed", ""), Result("b", "failed", "E  500")]


@pytest.mark.parametrize("status", [2, 3, 5, -9])
def test_a_run_whose_tests_cannot_be_collected_or_run_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    runs: list[tuple[int, dict[str, Any]]] = [(0, {"a": ["passed", ""]}), (status, {})]
    with pytest.raises(SystemExit, match=f"pytest ended with status {status}"):
        results_of(tmp_path, monkeypatch, *runs)
