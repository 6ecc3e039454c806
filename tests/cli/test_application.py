"""The command line as a whole, and single commands."""

import subprocess
import sys

import pytest
import typer.main
from typer.core import TyperGroup
from typer.testing import CliRunner

from cli.application import application
from sandbox.state import PROJECT

IMPORTED = """
import sys
from cli.application import application
application({name!r})
print(*sys.modules)
"""


def commands(only: str = "") -> list[str]:
    group = typer.main.get_command(application(only))
    assert isinstance(group, TyperGroup)
    return list(group.commands)


def imported_by(name: str) -> set[str]:
    """Return the modules that are loaded once the command `name` is ready to run."""
    command = [sys.executable, "-c", IMPORTED.format(name=name)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_help_lists_every_command() -> None:
    shown = CliRunner().invoke(application(), ["--help"]).output
    assert len(commands()) > 15
    assert all(f" {name} " in shown for name in commands())


@pytest.mark.parametrize("name", ["", *commands()])
def test_no_flag_is_shown_as_if_it_took_a_value(name: str) -> None:
    shown = CliRunner().invoke(application(name), [*filter(None, [name]), "--help"]).output
    assert "--help" in shown
    assert "<bool>" not in shown


@pytest.mark.parametrize("name", ["up", "down", "sign-in", "deploy"])
def test_a_command_that_is_asked_for_comes_alone_and_is_still_named(name: str) -> None:
    assert commands(name) == [name]
    shown = CliRunner().invoke(application(name), [name, "--help"], prog_name="./keyless").output
    assert f"./keyless {name} [OPTIONS]" in shown


def test_what_is_no_command_meets_them_all() -> None:
    assert commands("dmeo") == commands("--help") == commands()
    assert "No such command 'dmeo'" in CliRunner().invoke(application("dmeo"), ["dmeo"]).output


def test_no_command_waits_for_what_another_imports() -> None:
    of_doctor, of_a_sandbox = "local.doctor.examine", "sandbox.supervisor.start"
    assert of_doctor in imported_by("doctor")
    assert of_doctor not in imported_by("up")
    assert of_a_sandbox in imported_by("up")
    assert of_a_sandbox not in imported_by("demo")


@pytest.mark.parametrize("name", ["demo", "down", "status", "trace"])
def test_a_command_that_only_looks_imports_neither_a_server_nor_cryptography(name: str) -> None:
    assert not {"aiohttp", "cryptography"} & imported_by(name)
