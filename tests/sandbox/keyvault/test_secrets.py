"""The SDK's work with secrets under the right role; it cannot tell the vault from Azure's."""

from datetime import UTC, datetime, timedelta

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.sandbox.keyvault.harness import API, OFFICER, SECRET, RunningVault

YESTERDAY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
TOMORROW = YESTERDAY + timedelta(days=2)


def test_a_secret_is_read_as_it_was_set(running: RunningVault) -> None:
    client = running.client(OFFICER)
    value = "whsec_ß \x00 \U0001f511 '\" \\"
    made = client.set_secret("one", value, tags={"a": "b"}, content_type="text/plain")
    read = client.get_secret("one")
    assert read.value == made.value == value
    assert read.id == made.id
    assert read.properties.tags == {"a": "b"}
    assert read.properties.content_type == "text/plain"
    assert read.properties.enabled is True
    assert read.properties.recovery_level == "CustomizedRecoverable+Purgeable"
    assert read.properties.recoverable_days == 7


def test_setting_again_makes_a_version_and_keeps_the_old_one(running: RunningVault) -> None:
    client = running.client(OFFICER)
    first, second = client.set_secret("one", "1"), client.set_secret("one", "2")
    assert client.get_secret("one").value == "2"
    assert client.get_secret("one", first.properties.version).value == "1"
    assert client.get_secret("one", second.properties.version).value == "2"


def test_names_and_versions_compare_without_case(running: RunningVault) -> None:
    client = running.client(OFFICER)
    made = client.set_secret("Mixed-Case", "1")
    again = client.set_secret("mixed-case", "2")
    assert client.get_secret("MIXED-CASE").value == "2"
    version = str(made.properties.version).upper()
    assert client.get_secret("mixed-CASE", version).value == "1"
    assert again.name == "Mixed-Case"
    assert [each.name for each in client.list_properties_of_secrets()] == ["Mixed-Case", SECRET]


def test_an_update_changes_its_properties_and_leaves_the_rest(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("one", "1", tags={"a": "b"}, content_type="text/plain")
    running.clock.ahead = 5
    updated = client.update_secret_properties("one", expires_on=TOMORROW, tags={})
    read = client.get_secret("one")
    assert read.value == "1"
    assert read.properties.content_type == "text/plain"
    assert read.properties.tags == updated.tags == {}
    assert read.properties.expires_on == TOMORROW
    assert read.properties.enabled is True
    assert read.properties.updated_on is not None
    assert read.properties.created_on is not None
    assert read.properties.updated_on > read.properties.created_on


def test_an_update_can_be_of_one_version(running: RunningVault) -> None:
    client = running.client(OFFICER)
    first = client.set_secret("one", "1")
    client.set_secret("one", "2")
    client.update_secret_properties("one", first.properties.version, enabled=False)
    assert client.get_secret("one").value == "2"
    with pytest.raises(HttpResponseError, match="not allowed on a disabled secret"):
        client.get_secret("one", first.properties.version)


def test_a_disabled_secret_keeps_its_value_until_it_is_enabled(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("one", "1", enabled=False)
    with pytest.raises(HttpResponseError) as refused:
        client.get_secret("one")
    assert refused.value.status_code == 403
    assert refused.value.error is not None
    assert refused.value.error.code == "Forbidden"
    assert refused.value.error.innererror == {"code": "SecretDisabled"}
    client.update_secret_properties("one", enabled=True)
    assert client.get_secret("one").value == "1"


def test_expired_and_not_yet_valid_secrets_are_given_out_as_by_azure(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("expired", "1", expires_on=YESTERDAY)
    client.set_secret("early", "2", not_before=TOMORROW)
    assert client.get_secret("expired").value == "1"
    assert client.get_secret("expired").properties.expires_on == YESTERDAY
    assert client.get_secret("early").value == "2"
    assert client.get_secret("early").properties.not_before == TOMORROW


def test_a_missing_name_is_not_found(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("one", "1")
    with pytest.raises(ResourceNotFoundError) as missing:
        client.get_secret("two")
    assert missing.value.error is not None
    assert missing.value.error.code == "SecretNotFound"
    assert "A secret with (name/id) two was not found in this key vault." in str(missing.value)
    with pytest.raises(ResourceNotFoundError, match=f"one/{'0' * 32} was not found"):
        client.get_secret("one", "0" * 32)
    with pytest.raises(ResourceNotFoundError):
        client.update_secret_properties("two", enabled=True)


def test_the_declared_secret_is_there_disabled_and_without_a_key(running: RunningVault) -> None:
    client = running.client(OFFICER)
    [declared] = client.list_properties_of_secrets()
    assert declared.name == SECRET
    assert declared.enabled is False


def test_a_key_that_is_set_survives_the_next_start(running: RunningVault) -> None:
    running.client(OFFICER).set_secret(SECRET, "set by the operator")
    running.stop()
    running.start()
    assert running.client(OFFICER).get_secret(SECRET).value == "set by the operator"


def test_a_declared_secret_that_is_deleted_is_not_made_again(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.begin_delete_secret(SECRET)
    running.stop()
    running.start()
    assert list(running.client(OFFICER).list_properties_of_secrets()) == []


def test_a_backup_brings_all_versions_back(running: RunningVault) -> None:
    client = running.client(OFFICER)
    first = client.set_secret("one", "1", tags={"a": "b"})
    client.set_secret("one", "2")
    packed = client.backup_secret("one")
    client.begin_delete_secret("one").wait()
    client.purge_deleted_secret("one")
    restored = client.restore_secret_backup(packed)
    assert restored.name == "one"
    assert client.get_secret("one").value == "2"
    assert client.get_secret("one", first.properties.version).value == "1"
    assert client.get_secret("one", first.properties.version).properties.tags == {"a": "b"}
    assert b"1" not in packed.split(b"\n")


def test_a_backup_is_restored_to_a_free_name_only(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("one", "1")
    packed = client.backup_secret("one")
    with pytest.raises(HttpResponseError) as taken:
        client.restore_secret_backup(packed)
    assert taken.value.status_code == 409
    client.begin_delete_secret("one").wait()
    with pytest.raises(HttpResponseError, match="deleted but recoverable"):
        client.restore_secret_backup(packed)


def test_a_forged_backup_is_refused(running: RunningVault) -> None:
    client = running.client(OFFICER)
    client.set_secret("one", "1")
    packed = bytearray(client.backup_secret("one"))
    packed[-1] ^= 1
    for forged in (bytes(packed), b"", b"nonsense"):
        with pytest.raises(HttpResponseError, match="Backup blob is corrupt") as refused:
            client.restore_secret_backup(forged)
        assert refused.value.status_code == 400
        assert refused.value.error is not None
        assert refused.value.error.code == "Malformed backup blob"


@pytest.mark.parametrize("odd", [{"value": None}, {"value": 1}, {"value": "not base64!"}, [1]])
def test_a_restore_needs_a_backup_in_its_body(running: RunningVault, odd: object) -> None:
    reply = running.send("POST", f"/secrets/restore?{API}", running.token(OFFICER), odd)
    assert (reply.status, reply.error["code"]) == (400, "BadParameter")
