"""The demo uses a running sandbox, unless it has other assumptions than the demo's."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli import demo
from cli.application import application
from tests.bare_report import BARE_REPORT

Demo = Callable[..., Result]


@pytest.fixture
def on_a_sandbox_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """Run `demo` beside a sandbox with vault-missing=existence; nothing is uploaded."""
    report = replace(
        BARE_REPORT,
        gallery="http://127.0.0.1:1",
        endpoints_ready=1.0,
        services_ready=1.0,
        assumed={"vault-missing": "existence"},
    )

    def nothing(*_: object) -> list[str]:
        return []

    monkeypatch.setattr(demo, "running", lambda _: report)
    monkeypatch.setattr(demo, "_walk_and_denial", nothing)
    arguments = ("demo", "--exit", "--state", str(tmp_path))
    return lambda *more: CliRunner().invoke(application("demo"), [*arguments, *more])


@pytest.mark.parametrize("said", [(), ("--assume=vault-missing=existence",)])
def test_it_runs_on_one_that_was_told_the_same_or_whatever_if_nothing_is_said(
    on_a_sandbox_told_otherwise: Demo, said: tuple[str, ...]
) -> None:
    done = on_a_sandbox_told_otherwise(*said)
    assert done.exit_code == 0, done.output
    assert "using the running sandbox" in done.output


@pytest.mark.parametrize("said", ["vault-missing=role", "bus-missing=existence"])
def test_it_runs_on_none_that_was_told_otherwise(
    on_a_sandbox_told_otherwise: Demo, said: str
) -> None:
    done = on_a_sandbox_told_otherwise(f"--assume={said}")
    assert done.exit_code == 69
    assert "other --assume options" in done.output
