"""Deleting, recovering, purging, and whose name is whose meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.sandbox.keyvault.harness import OFFICER, RunningVault

DAY = 24 * 60 * 60


def test_a_deleted_secret_is_gone_from_the_living_and_found_among_the_deleted(
    running: RunningVault,
) -> None:
    client = running.client(OFFICER)
    made = client.set_secret("one", "1", tags={"a": "b"})
    poller = client.begin_delete_secret("one")
    poller.wait()
    deleted = poller.result()
    assert deleted.recovery_id == f"https://{running.vault.host}/deletedsecrets/one"
    assert deleted.deleted_date is not None
    assert deleted.scheduled_purge_date == deleted.deleted_date + timedelta(days=7)
    assert client.get_deleted_secret("one").id == made.id
    assert client.get_deleted_secret("one").properties.tags == {"a": "b"}
    assert [each.name for each in client.list_deleted_secrets()] == ["one"]
    with pytest.raises(ResourceNotFoundError):
        client.get_secret("one")
    with pytest.raises(ResourceNotFoundError):
        client.get_secret("one", made.properties.version)
    with pytest.raises(ResourceNotFoundError):
        client.begin_delete_secret("one")


def test_recovering_brings_every_version_back(running: RunningVault) -> None:
    client = running.client(OFFICER)
    first = client.set_secret("one", "1")
    client.set_secret("one", "2")
    client.begin_delete_secret("one").wait()
    recovered = client.begin_recover_deleted_secret("ONE")
    recovered.wait()
    assert recovered.result().name == "one"
    assert client.get_secret("one").value == "2"
    assert client.get_secret("one", first.properties.version).value == "1"
    assert list(client.list_deleted_secrets()) == []


def test_a_deleted_secrets_name_is_not_free_in_any_case(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("one", "1")
    client.begin_delete_secret("one").wait()
    with pytest.raises(HttpResponseError) as refused:
        client.set_secret("ONE", "2")
    assert refused.value.status_code == 409
    assert refused.value.error is not None
    assert refused.value.error.code == "Conflict"
    assert refused.value.error.innererror == {"code": "ObjectIsDeletedButRecoverable"}
    assert "can only be recovered or purged" in str(refused.value)


def test_a_purged_secret_is_gone_and_its_name_is_free(running: RunningVault) -> None:
    client = running.client(OFFICER)
    first = client.set_secret("one", "1")
    client.begin_delete_secret("one").wait()
    client.purge_deleted_secret("one")
    with pytest.raises(ResourceNotFoundError, match="Deleted Secret not found: one"):
        client.get_deleted_secret("one")
    with pytest.raises(ResourceNotFoundError, match="Deleted Secret not found: one"):
        client.begin_recover_deleted_secret("one")
    client.set_secret("one", "2")
    with pytest.raises(ResourceNotFoundError):
        client.get_secret("one", first.properties.version)


def test_only_a_deleted_secret_can_be_purged_or_recovered(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("one", "1")
    with pytest.raises(ResourceNotFoundError):
        client.purge_deleted_secret("one")
    with pytest.raises(ResourceNotFoundError):
        client.begin_recover_deleted_secret("one")
    assert client.get_secret("one").value == "1"


def test_a_purge_answers_204_and_nothing(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("one", "1")
    client.begin_delete_secret("one").wait()
    reply = running.send("DELETE", "/deletedsecrets/one?api-version=7.6", running.token(OFFICER))
    assert (reply.status, reply.content) == (204, b"")


def test_a_deleted_secret_purges_itself_when_its_time_is_over(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("one", "1")
    client.begin_delete_secret("one").wait()
    running.clock.ahead = 7 * DAY - 10
    assert [each.name for each in running.client(OFFICER).list_deleted_secrets()] == ["one"]
    running.clock.ahead = 7 * DAY + 1
    assert list(running.client(OFFICER).list_deleted_secrets()) == []
    assert running.client(OFFICER).set_secret("one", "2").value == "2"


def test_under_purge_protection_no_role_purges(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("one", "1")
    client.begin_delete_secret("one").wait()
    running.stop()
    running.vault = replace(running.vault, purge_protection=True)
    running.start()
    client = running.client(OFFICER)
    with pytest.raises(HttpResponseError, match="because purge protection is enabled") as refused:
        client.purge_deleted_secret("one")
    assert refused.value.status_code == 403
    assert client.get_deleted_secret("one").properties.recovery_level == "CustomizedRecoverable"


def test_no_answer_about_a_deleted_secret_holds_its_value(running: RunningVault) -> None:
    token = running.token(OFFICER)
    running.client(OFFICER).set_secret("one", "the value")
    replies = [
        running.send("DELETE", "/secrets/one?api-version=7.6", token),
        running.send("GET", "/deletedsecrets/one?api-version=7.6", token),
        running.send("GET", "/deletedsecrets?api-version=7.6", token),
        running.send("POST", "/deletedsecrets/one/recover?api-version=7.6", token),
    ]
    assert [each.status for each in replies] == [200] * 4
    assert not any(b"the value" in each.content for each in replies)
