"""`./keyless access` lists each right of the snapshot once, with its reason."""

import json
import re
from pathlib import Path

from cli.access import rights
from sandbox.deployment import load
from sandbox.state import State
from tests.conftest import keyless


def test_each_assignment_is_one_right_with_its_why(tmp_path: Path) -> None:
    deployment = load(State.open(tmp_path))
    found = rights(deployment)
    assert len(found) == len(deployment.assignments)
    assert all(each.why and each.role and each.scope.endswith(each.on) for each in found)


def test_one_identitys_rights_are_read_by_a_person(tmp_path: Path) -> None:
    said = re.sub(r"\s+", " ", keyless(tmp_path, "access", "operator").stdout)
    assert said.startswith("operator Keyless Key Setter on secrets/webhook-signing-key The")
    assert "gateway" not in said


def test_what_every_reason_begins_with_is_said_once(tmp_path: Path) -> None:
    said = re.sub(r"\s+", " ", keyless(tmp_path, "access", "developer").stdout)
    found = json.loads(keyless(tmp_path, "access", "developer", "--json").stdout)
    same = "The same for a developer who runs the services locally: "
    assert said.count(same) == 1
    assert all(each["why"].startswith(same) for each in found)
    assert all(each["why"].removeprefix(same) in said for each in found)


def test_the_rights_of_who_was_deleted_stand_under_that_name(tmp_path: Path) -> None:
    def said() -> list[str]:
        lines = keyless(tmp_path, "access", "thumbnailer").stdout.splitlines()
        return [line.rstrip() for line in lines if line.startswith("thumbnailer")]

    before = said()
    keyless(tmp_path, "recreate", "thumbnailer")
    recreated = said()
    keyless(tmp_path, "deploy")
    assert before == ["thumbnailer"]
    assert recreated == ["thumbnailer (deleted)"]
    assert said() == ["thumbnailer", "thumbnailer (deleted)"]


def test_a_script_reads_them_as_json(tmp_path: Path) -> None:
    found = json.loads(keyless(tmp_path, "access", "notifier", "--json").stdout)
    assert {each["role"] for each in found} == {
        "Key Vault Secrets User",
        "Service Bus Data Receiver",
        "Monitoring Metrics Publisher",
    }


def test_who_is_unknown_is_told_who_there_is(tmp_path: Path) -> None:
    done = keyless(tmp_path, "access", "nobody")
    assert done.returncode == 69
    unknown, _, known = done.stderr.partition("; choose from ")
    assert unknown.endswith("no identity is called 'nobody'")
    assert "catalog, developer" in known


def test_an_environment_is_only_named_to_be_compared_with(tmp_path: Path) -> None:
    done = keyless(tmp_path, "access", "-e", "dev")
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.rstrip().endswith("need --azure.")


def test_without_an_environments_values_nothing_is_compared(tmp_path: Path) -> None:
    done = keyless(tmp_path, "access", "--azure", "--env-file", str(tmp_path / "none.env"))
    assert done.returncode == 69
    assert "there is no file" in done.stderr


def test_who_is_not_signed_in_is_told_so_in_one_sentence(tmp_path: Path) -> None:
    values = tmp_path / "dev.env"
    values.write_text(
        "AZURE_SUBSCRIPTION_ID=sub-1\n"
        "AZURE_RESOURCE_GROUP=rg-keyless-dev\n"
        "AZURE_STORAGE_BLOB_ENDPOINT=https://stdevabc12345.blob.core.windows.net/\n"
        "AZURE_KEY_VAULT_ENDPOINT=https://kv-dev-abc12345.vault.azure.net/\n"
        "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE=sb-dev-1.servicebus.windows.net\n"
    )
    nobody = {"PATH": str(tmp_path), "HOME": str(tmp_path), "AZURE_TOKEN_CREDENTIALS": "dev"}
    done = keyless(tmp_path / "state", "access", "--azure", "--env-file", str(values), **nobody)
    assert (done.returncode, done.stdout) == (69, "")
    assert done.stderr.startswith("keyless: you are not signed in here (az login): ")
    assert done.stderr.count("\n") == 1
