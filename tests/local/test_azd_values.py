"""The values of a deployed environment: all present, or one sentence names the missing ones."""

import json
import os
import stat
from pathlib import Path

import pytest

from local.azd_values import Values, ValuesError

SETTINGS = [{"name": "SERVICEBUS_QUEUE_NAME", "value": "photo-uploads"}]


def as_azd_prints(values: dict[str, str]) -> str:
    """NAME="value" lines, with the special characters of double quotes escaped."""
    escaped = {name: json.dumps(value) for name, value in values.items()}
    return "".join(f"{name}={value}\n" for name, value in escaped.items())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "azure.env"
    path.write_text(
        as_azd_prints({"AZURE_RESOURCE_GROUP": "rg", "GATEWAY_SETTINGS": json.dumps(SETTINGS)})
    )
    return path


def test_a_file_of_azd_gives_each_services_settings(file: Path) -> None:
    values = Values.from_file(file)
    assert values["AZURE_RESOURCE_GROUP"] == "rg"
    assert values.settings("gateway") == {"SERVICEBUS_QUEUE_NAME": "photo-uploads"}


def test_a_dollar_in_a_value_stays_one(tmp_path: Path) -> None:
    (tmp_path / "azure.env").write_text('SECRET_NAME="a${HOME}b"\n')
    assert Values.from_file(tmp_path / "azure.env")["SECRET_NAME"] == "a${HOME}b"


def test_a_value_that_is_missing_is_named(file: Path) -> None:
    with pytest.raises(ValuesError, match=r"azure\.env has no AZURE_KEY_VAULT_ENDPOINT: is the"):
        Values.from_file(file)["AZURE_KEY_VAULT_ENDPOINT"]


def test_settings_that_are_no_list_are_named(tmp_path: Path) -> None:
    (tmp_path / "azure.env").write_text("GATEWAY_SETTINGS=[1]\n")
    with pytest.raises(
        ValuesError, match=r"GATEWAY_SETTINGS of .* is not a JSON list of names and values"
    ):
        Values.from_file(tmp_path / "azure.env").settings("gateway")


def test_a_file_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ValuesError, match=r"there is no file .*; create it: azd env get-values >"):
        Values.from_file(tmp_path / "azure.env")


def stand_in_for_azd(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "azd"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_azd_is_asked_for_the_environment_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """[ "$*" = "env get-values --output json --environment dev" ] || exit 2
    echo '{"AZURE_RESOURCE_GROUP": "rg-keyless-dev"}'"""
    stand_in_for_azd(tmp_path, script, monkeypatch)
    values = Values.from_azd("dev")
    assert values["AZURE_RESOURCE_GROUP"] == "rg-keyless-dev"
    with pytest.raises(ValuesError, match="azd's environment dev has no AZURE_LOCATION"):
        values["AZURE_LOCATION"]


def test_what_azd_says_of_a_missing_environment_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = 'echo "ERROR: environment not specified" >&2; exit 1'
    stand_in_for_azd(tmp_path, script, monkeypatch)
    with pytest.raises(
        ValuesError, match="azd returned no values: ERROR: environment not specified"
    ):
        Values.from_azd(None)


def test_without_azd_a_file_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValuesError, match=r"azd is not installed .*--env-file"):
        Values.from_azd(None)
