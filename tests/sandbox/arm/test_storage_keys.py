"""listKeys: the keys of an account that allows them, for callers whose roles allow that."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.audit import FILE, Audit, Gate, Outcome
from sandbox.deployment import Principal, StorageAccount, load
from sandbox.rbac import Assignments
from sandbox.state import State
from tests.sandbox.arm.front import Front

VERSION = "api-version=2023-05-01"
KEYS = {"key1": "b25l", "key2": "dHdv"}


def keys_of(account: StorageAccount) -> dict[str, str]:
    return KEYS if account.shared_key else {}


@pytest.fixture
def deployer(front: Front) -> Principal:
    return front.deployment.principal("deployer")


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[Front]:
    """The manager of the same deployment, whose storage account allows keys."""
    state = State.open(tmp_path / "keyed")
    deployment, audit = load(state), Audit(state.path(FILE))
    assignments = Assignments.kept_in(state, deployment)
    account = replace(deployment.storage, shared_key=True)
    allowing = replace(deployment, accounts=(account,))
    yield Front(allowing, state, assignments, Gate(assignments, audit), keys_of)
    audit.close()


def path(front: Front, verb: str = "listKeys") -> str:
    return f"{front.deployment.storage.id}/{verb}?{VERSION}"


@pytest.mark.parametrize("verb", ["listKeys", "listkeys", "LISTKEYS"])
def test_an_owner_lists_the_keys_of_an_account_that_allows_them(
    keyed: Front, deployer: Principal, verb: str
) -> None:
    status, found = keyed.get(path(keyed, verb), deployer, "POST")
    assert status == 200
    assert {each["keyName"]: each["value"] for each in found["keys"]} == KEYS
    assert {each["permissions"] for each in found["keys"]} == {"FULL"}
    record = keyed.last()
    assert (record.outcome, record.operation) == (Outcome.ALLOWED, "ListStorageAccountKeys")
    assert record.action.lower() == "microsoft.storage/storageaccounts/listkeys/action"
    assert not any(value in str(record) for value in KEYS.values())


@pytest.mark.parametrize("name", ["gateway", "thumbnailer", "developer"])
def test_a_reader_of_data_lists_no_keys(keyed: Front, name: str) -> None:
    caller = keyed.deployment.principal(name)
    status, found = keyed.get(path(keyed), caller, "POST")
    assert (status, found["error"]["code"]) == (403, "AuthorizationFailed")
    assert keyed.last().outcome is Outcome.DENIED


def test_an_account_without_keys_and_an_unknown_one_list_none(
    front: Front, keyed: Front, deployer: Principal
) -> None:
    assert front.get(path(front), deployer, "POST")[0] == 403
    unknown = path(keyed).replace("/listKeys", "x/listKeys")
    assert keyed.get(unknown, deployer, "POST")[0] == 403
    assert keyed.get(path(keyed), deployer, "GET")[0] == 403


def test_keys_that_a_deployment_turns_off_are_listed_no_more(
    keyed: Front, deployer: Principal
) -> None:
    assert keyed.get(path(keyed), deployer, "POST")[0] == 200
    account = replace(keyed.deployment.storage, shared_key=False)
    keyed.manager.deploy(replace(keyed.deployment, accounts=(account,)))
    assert keyed.get(path(keyed), deployer, "POST")[0] == 403
