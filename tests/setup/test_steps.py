"""A step that fails names the tool that was run, whose settings the advice then looks at."""

import os
from pathlib import Path

import pytest

from setup import steps
from setup.steps import StepError


@pytest.mark.parametrize(
    ("program", "arguments", "tool"),
    [
        ("uv", ["pip", "install"], "uv"),
        ("python", ["-m", "pip", "install"], "pip"),
        ("npm", ["ci"], "npm"),
    ],
)
def test_a_step_that_fails_names_its_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, arguments: list[str], tool: str
) -> None:
    fake = tmp_path / program
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    monkeypatch.setattr(steps, "LOG", tmp_path / "set-up.log")
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    with pytest.raises(StepError, match="a step") as failed:
        steps.run("a step", [str(fake), *arguments], {"PATH": os.defpath}, lock, lambda: "")
    os.close(lock)
    assert "status 3" in failed.value.said
    assert failed.value.tool == tool
