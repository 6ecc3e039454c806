"""A measured sandbox ignores the settings of the user's own."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench.whole import demo
from sandbox.state import State


def test_settings_of_the_users_own_sandbox_do_not_reach_the_measured_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, str] = {}

    def run(command: Any, *, env: dict[str, str], **_: Any) -> "subprocess.CompletedProcess[str]":
        given.update(env)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setenv("KEYLESS_ASSUME", "vault-missing=existence")
    monkeypatch.setenv("KEYLESS_STATE", "elsewhere")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("AZURE_CONFIG_DIR", "there")
    demo(State.open(tmp_path))
    assert given["AZURE_CONFIG_DIR"] == "there"
    assert not {"KEYLESS_ASSUME", "KEYLESS_STATE", "PYTHONDONTWRITEBYTECODE"} & given.keys()
