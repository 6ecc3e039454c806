"""`./keyless check` names the checks that it skips."""

import pytest
from typer.testing import CliRunner

from cli import check
from cli.application import application

# The checks without a compiler are left out here: they take a minute.
NEED_BICEP = [each for each in check._CHECKS if each[0] in check._NEED_BICEP]


def checked(monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[int, str]:
    monkeypatch.setattr(check, "_CHECKS", NEED_BICEP)
    monkeypatch.setenv("BICEP", "no-such-bicep")
    done = CliRunner().invoke(application("check"), ["check", *options])
    return done.exit_code, done.output


def test_without_a_compiler_the_bicep_and_its_rehearsal_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    status, said = checked(monkeypatch)
    assert status == 0
    assert [line.split()[:2] for line in said.splitlines()] == [
        ["-", "infrastructure"],
        ["-", "rehearsal"],
    ]
    assert said.count("skipped: no Bicep CLI on PATH or in BICEP") == 2


def test_nothing_is_left_out_if_nothing_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    status, said = checked(monkeypatch, "--no-skips")
    assert status == 1
    assert "left out" not in said
    assert "✗ rehearsal" in said


def test_one_check_can_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    status, said = checked(monkeypatch, "--only", "rehearsal")
    assert status == 0
    assert [line.split()[:2] for line in said.splitlines()] == [["-", "rehearsal"]]


def test_an_unknown_check_is_refused_with_the_known_ones() -> None:
    done = CliRunner().invoke(application("check"), ["check", "--only", "key"])
    assert done.exit_code == 64
    assert "no check is called 'key'; choose from format, lint, types" in done.output
