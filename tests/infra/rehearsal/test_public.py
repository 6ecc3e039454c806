"""A folder of other people's templates is rehearsed as a table, and fails for a refused one."""

import json
import shutil
from pathlib import Path

import pytest

from tests.infra.rehearsal.public import main

RULES = Path(__file__).parent / "rules"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one template that deploys, and its parameters beside it."""
    right = json.loads((RULES / "cases" / "name-length.json").read_text())["template"]
    right["parameters"] = {"where": {"type": "string"}}
    (tmp_path / "right.json").write_text(json.dumps(right))
    values = {"parameters": {"where": {"value": "westeurope"}}}
    (tmp_path / "right.parameters.json").write_text(json.dumps(values))
    return tmp_path


def test_a_template_that_deploys_is_a_row_without_a_refusal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(str(folder)) == 0
    (row,) = capsys.readouterr().out.strip().splitlines()[2:]
    assert row.startswith("| right | ")
    assert "| 0 ✗ " in row


def test_a_refused_template_beside_it_is_named_and_fails_the_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(RULES / "frozen" / "registry-before-right.json", folder / "wrong.json")
    assert main(str(folder)) == 1
    assert "wrong: pull-first: " in capsys.readouterr().out
