"""The open questions about Key Vault, with their other answers."""

import pytest

from sandbox.audit import Outcome
from tests.sandbox.keyvault.harness import API, OFFICER, STRANGER, RunningVault

OF_A_SECRET = (
    ("GET", "/secrets/{}"),
    ("PATCH", "/secrets/{}"),
    ("DELETE", "/secrets/{}"),
    ("POST", "/secrets/{}/backup"),
    ("GET", "/deletedsecrets/{}"),
    ("POST", "/deletedsecrets/{}/recover"),
    ("DELETE", "/deletedsecrets/{}"),
)
of_a_secret = pytest.mark.parametrize(("method", "path"), OF_A_SECRET)


@of_a_secret
def test_a_denied_caller_may_learn_that_a_secret_is_missing(
    running: RunningVault, method: str, path: str
) -> None:
    running.restart(existence_first=True)
    target = f"{path.format('nowhere')}?{API}"
    answer = running.send(method, target, running.token(STRANGER), {"tags": {}})
    assert (answer.status, answer.error["code"]) == (404, "SecretNotFound")
    assert answer.error == running.send(method, target, running.token(OFFICER), {"tags": {}}).error


@of_a_secret
def test_a_denied_caller_learns_nothing_more_of_an_existing_secret(
    running: RunningVault, method: str, path: str
) -> None:
    running.restart(existence_first=True)
    officer = running.client(OFFICER)
    officer.set_secret("there", "the value")
    if path.startswith("/deleted"):
        officer.begin_delete_secret("there")
    target = f"{path.format('there')}?{API}"
    answer = running.send(method, target, running.token(STRANGER), {"tags": {}})
    assert (answer.status, answer.error["innererror"]["code"]) == (403, "ForbiddenByRbac")
    assert running.send(method, target, running.token(OFFICER), {"tags": {}}).status < 300


def test_a_caller_without_a_right_is_denied_a_new_secret(running: RunningVault) -> None:
    running.restart(existence_first=True)
    for method, path in (
        ("PUT", "/secrets/new"),
        ("GET", "/secrets"),
        ("GET", "/secrets/new/versions"),
        ("POST", "/secrets/restore"),
    ):
        answer = running.send(method, f"{path}?{API}", running.token(STRANGER), {"value": "1"})
        assert (answer.status, answer.error["innererror"]["code"]) == (403, "ForbiddenByRbac")
    running.client(OFFICER).set_secret("new", "the value")


@pytest.mark.parametrize("order", ["creation", "id"])
def test_versions_come_page_by_page_in_the_order_that_is_assumed(
    running: RunningVault, order: str
) -> None:
    running.restart(versions_by=order)
    client = running.client(OFFICER)
    made = [client.set_secret("one", str(number)).properties.version for number in range(6)]
    expected = made if order == "creation" else sorted(map(str, made))
    for length in (1, 4, 25):
        listed = client.list_properties_of_secret_versions("one", max_page_size=length)
        assert [each.version for each in listed] == expected
    assert client.get_secret("one").value == "5"
    backup = client.backup_secret("one")
    client.begin_delete_secret("one").wait()
    client.purge_deleted_secret("one")
    client.restore_secret_backup(backup)
    again = client.list_properties_of_secret_versions("one")
    assert [each.version for each in again] == expected
    assert client.get_secret("one").value == "5"


def test_a_404_in_place_of_a_denial_is_a_denial_in_the_audit(running: RunningVault) -> None:
    running.restart(existence_first=True)
    running.send("GET", f"/secrets/nowhere?{API}", running.token(STRANGER))
    [denied] = running.audit(Outcome.DENIED)
    assert (denied.operation, denied.identity) == ("SecretGet", "stranger")
    assert denied.scope == running.vault.secret_id("nowhere")
