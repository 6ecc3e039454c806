"""`./keyless access` lists each right of the snapshot once, with its reason."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from cli.rights import GRANTED, ORPHANED, all_rights, delete_command, rights
from sandbox.deployment import Deployment, RoleAssignment, as_compiled, deploy, load, recreate
from sandbox.rbac import DRIFT_FILE, Assignments
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


def test_a_right_without_a_reason_leaves_no_blank_line(tmp_path: Path) -> None:
    given = ("--snapshot", "tests/deployments/cluster/main.snapshot.json")
    said = keyless(tmp_path, "access", "writer", *given).stdout
    assert [line.strip() for line in said.splitlines()] == [
        "writer",
        "Storage Blob Data Contributor on containers/reports",
        "Service Bus Data Owner on resourceGroups/rg-sandbox",
        "",
    ]


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


def test_a_right_that_outlives_its_identity_is_marked_until_it_is_deleted(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    recreate(state, load(state).principal("thumbnailer").resource_id)
    deploy(state)
    deployment = load(state)
    assignments = Assignments.kept_in(state, deployment)
    orphans = [e for e in all_rights(deployment, assignments) if e.origin == ORPHANED]
    assert {each.who for each in orphans} == {"thumbnailer (deleted)"}
    assert {each.role for each in orphans} > {"Storage Blob Data Reader"}
    listed = keyless(tmp_path, "access", "thumbnailer").stdout
    assert "! Storage Blob Data Reader on containers/originals" in listed
    assert f"  {delete_command(orphans)}\n" in listed

    for each in orphans:
        assignments.delete(each.id, "deployer")
    assert "(deleted)" not in keyless(tmp_path, "access", "thumbnailer").stdout


def test_the_deployers_rights_are_a_fact_of_the_start(tmp_path: Path) -> None:
    said = re.sub(r"\s+", " ", keyless(tmp_path, "access", "deployer").stdout)
    assert "deployer a fact of the sandbox's start, in no Bicep: Owner on resourceGroups/" in said
    found = json.loads(keyless(tmp_path, "access", "deployer", "--json").stdout)
    assert {(each["role"], each["origin"]) for each in found} == {
        ("Owner", "start"),
        ("Reader", "start"),
    }
    assert not any(each.who == "deployer" for each in rights(load(State.open(tmp_path))))


@pytest.fixture
def changed(tmp_path: Path) -> tuple[Deployment, RoleAssignment, RoleAssignment]:
    """A deployment in which one assignment was made by hand, and another deleted."""
    state = State.open(tmp_path)
    deployment = load(state)
    assignments = Assignments.kept_in(state, deployment)
    gone = deployment.assignments[0]
    made = replace(
        gone,
        id=f"{deployment.storage.id}/providers/Microsoft.Authorization/roleAssignments/by-hand",
        scope=deployment.storage.id,
        principal_id=deployment.principal("notifier").principal_id,
        why="granted by hand by deployer: a trial",
    )
    assignments.put(made)
    assignments.delete(gone.id, by="deployer")
    return deployment, made, gone


def test_what_hands_have_changed_shows_as_drift(
    tmp_path: Path, changed: tuple[Deployment, RoleAssignment, RoleAssignment]
) -> None:
    _, made, gone = changed
    said = keyless(tmp_path, "access").stdout
    assert "+ Service Bus Data Owner on storageAccounts/" in said
    assert "granted by hand by deployer: a trial" in said
    assert f"- Service Bus Data Owner on {'/'.join(gone.scope.split('/')[-2:])}" in said
    assert "deleted by hand by deployer; the next deployment assigns it again" in " ".join(
        said.split()
    )
    assert f"as deployer -- az role assignment delete --ids {made.id}\n" in said
    found = json.loads(keyless(tmp_path, "access", "--json").stdout)
    assert {each["id"]: each["origin"] for each in found if each["origin"].endswith("by hand")} == {
        made.id: "granted by hand",
        gone.id: "deleted by hand",
    }


def test_a_command_to_paste_quotes_the_name_of_a_scope() -> None:
    deployment = as_compiled()
    made = replace(deployment.assignments[0], id="/a;reboot", scope="/a", why="by hand")
    assignments = Assignments(deployment.assignments, deployment.custom_roles)
    assignments.put(made)
    (found,) = (each for each in all_rights(deployment, assignments) if each.origin == GRANTED)
    assert found.remedy.endswith("--ids '/a;reboot'")


def test_without_drift_nothing_is_said_of_it(tmp_path: Path) -> None:
    assert "by hand" not in keyless(tmp_path, "access").stdout


def test_a_broken_file_is_one_sentence(tmp_path: Path) -> None:
    State.open(tmp_path).path(DRIFT_FILE).write_text("[")
    for command in (["access"], ["explain", "notifier", "blobs/read", "containers/originals"]):
        done = keyless(tmp_path, *command)
        assert (done.returncode, done.stdout) == (69, "")
        assert f"{DRIFT_FILE} is broken" in done.stderr
        assert done.stderr.count("\n") == 1


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
    assert "catalog, deployer, developer" in known


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
