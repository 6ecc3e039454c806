"""Every argument arrives at the Azure CLI as it was given, on Windows too.

There is no Windows on the machines where this is tested. A folder is laid out as its installer lays
it out: `wbin/az.cmd`, which a shell reads again and so mangles its arguments, and `python.exe`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from infra import azure_cli
from infra.azure_cli import CommandFailedError, NotInstalledError, ask, command, run

AWKWARD = [
    "/applications(uniqueName='keyless-catalog-dev')",
    '{"displayName": "Keyless catalog (dev)", "uris": ["api://{appId}"]}',
    "https://management.azure.com/x?api-version=2022-04-01&$skiptoken=a%2Bb",
    "%PATH%",
    "^caret^",
    "two words",
    'a "quoted" word',
    "",
    "back\\slash\\",
]
_ECHO = "#!{python}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n"


def program(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of az.cmd, which is alone on the PATH, as it would be on Windows."""
    python = program(tmp_path / "CLI2" / "python.exe", _ECHO.format(python=sys.executable))
    batch = program(tmp_path / "CLI2" / "wbin" / "az.cmd", f'#!/bin/sh\neval "{python} $*"\n')
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("PATH", str(batch.parent))
    return batch.parent


def test_each_argument_arrives_as_it_was_given(windows: Path) -> None:
    assert ask("rest", *AWKWARD) == [
        "-IBm",
        "azure.cli",
        "rest",
        *AWKWARD,
        "--output",
        "json",
        "--only-show-errors",
    ]


@pytest.mark.parametrize("argument", [each for each in AWKWARD if "(" in each or '"' in each])
def test_by_the_batch_file_it_would_not(windows: Path, argument: str) -> None:
    done = subprocess.run(
        [str(windows / "az.cmd"), "rest", argument], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0 or argument not in json.loads(done.stdout)


def test_elsewhere_each_argument_arrives_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "az", _ECHO.format(python=sys.executable))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask(*AWKWARD)[: len(AWKWARD)] == AWKWARD


def test_windows_writes_them_into_one_line_and_python_reads_them_out_of_it() -> None:
    # By the rules that https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments
    # gives; of cmd.exe's own marks it knows none.
    line = subprocess.list2cmdline(AWKWARD)
    assert parsed(line) == AWKWARD


def test_python_is_found_by_the_folder_of_the_batch_file_alone(tmp_path: Path) -> None:
    python = program(tmp_path / "CLI2" / "python.exe", "")
    (tmp_path / "CLI2" / "wbin").mkdir()
    program(tmp_path / "CLI2" / "wbin" / "az", "")  # for other shells
    (tmp_path / "CLI2" / "wbin" / "az.cmd").touch()  # not executable, as far as the PATH can tell
    path = os.pathsep.join([str(tmp_path), "", str(tmp_path / "CLI2" / "wbin")])
    assert command("win32", path) == [str(python), "-IBm", "azure.cli"]


@pytest.mark.parametrize("place", ["venv/Scripts/python.exe", "venv/python.exe"])
def test_an_az_that_pip_installed_has_its_python_beside_it_or_above(
    tmp_path: Path, place: str
) -> None:
    python = program(tmp_path / place, "")
    batch = program(tmp_path / "venv" / "Scripts" / "az.bat", "")
    assert command("win32", str(batch.parent)) == [str(python), "-IBm", "azure.cli"]


def test_a_foreign_batch_file_is_named(tmp_path: Path) -> None:
    batch = program(tmp_path / "shims" / "az.cmd", "")
    with pytest.raises(NotInstalledError) as raised:
        command("win32", str(batch.parent))
    assert f"{batch} has no Python at ../python.exe" in str(raised.value)
    assert azure_cli.INSTALL in str(raised.value)


@pytest.mark.parametrize(("platform", "name"), [("win32", "az.cmd"), ("linux", "az")])
def test_without_the_azure_cli_it_says_where_to_get_it(
    tmp_path: Path, platform: str, name: str
) -> None:
    with pytest.raises(NotInstalledError, match=f"'{name}' is not on the PATH; install"):
        command(platform, str(tmp_path))


def test_the_chosen_subscription_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "az", _ECHO.format(python=sys.executable))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert json.loads(run("group", "list", subscription="sub-1")) == [
        "group",
        "list",
        "--only-show-errors",
        "--subscription",
        "sub-1",
    ]


def test_a_command_that_fails_says_what_az_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "az", "#!/bin/sh\necho 'ERROR: (AuthorizationFailed)' >&2\nexit 3\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandFailedError) as raised:
        run("role", "assignment", "list", "--all")
    assert str(raised.value) == "az role assignment list failed: ERROR: (AuthorizationFailed)"
    assert (raised.value.status, raised.value.said) == (3, "ERROR: (AuthorizationFailed)")


def test_a_command_that_asks_back_gets_no_answer_and_does_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "az", "#!/bin/sh\nread -r answer || echo nobody\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run("login") == "nobody\n"


def test_an_empty_answer_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "az", "#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask("role", "assignment", "delete") is None


def parsed(line: str) -> Sequence[str]:
    """The arguments in a command line, as the C runtime of a program on Windows reads it."""
    found, current, quoted, slashes, begun = list[str](), "", False, 0, False
    for each in f"{line} ":
        if each == "\\":
            slashes, begun = slashes + 1, True
            continue
        if each == '"':
            current += "\\" * (slashes // 2)
            if slashes % 2:
                current += each
            else:
                quoted = not quoted
            slashes, begun = 0, True
            continue
        current, slashes = current + "\\" * slashes, 0
        if each == " " and not quoted:
            if begun:
                found.append(current)
            current, begun = "", False
        else:
            current, begun = current + each, True
    return found
