"""A SAS by an account key: for one resource, or for a kind of resources of the whole account."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import (
    BlobServiceClient,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

from sandbox.audit import Outcome
from sandbox.state import State
from sandbox.storage.account_keys import AccountKeys
from sandbox.storage.request import read_request
from sandbox.storage.sas_text import by_a_key, for_an_account
from tests.sandbox.storage.harness import Storage

EXPIRY = datetime.now(UTC) + timedelta(hours=1)
PERMISSION, FAILURE = "AuthorizationPermissionMismatch", "AuthorizationFailure"
TYPE = "AuthorizationResourceTypeMismatch"


@pytest.fixture(scope="module", autouse=True)
def blob(keyed: Storage) -> None:
    keyed.sdk("owner").get_blob_client("scratch", "one").upload_blob(b"content", overwrite=True)


def key_of(storage: Storage, name: str = "key1") -> str:
    state = State(storage.audit_file.parent)
    return AccountKeys.kept_in(state, storage.deployment.storage.name).shown[name]


def blob_sas(storage: Storage, permission: str, key: str = "", **options: Any) -> str:
    account, key = storage.deployment.storage.name, key or key_of(storage)
    options = {"expiry": EXPIRY} | options
    return generate_blob_sas(
        *(account, "scratch", "one"), account_key=key, permission=permission, **options
    )


def account_sas(storage: Storage, types: str, permission: str, **options: Any) -> BlobServiceClient:
    account, key = storage.deployment.storage.name, key_of(storage)
    options = {"expiry": EXPIRY} | options
    sas = generate_account_sas(account, key, types, permission, **options)
    return storage.sdk_with(sas)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(HttpResponseError) as raised:
        yield
    error: Any = raised.value
    assert (error.status_code, error.error_code) == (403, code)


@pytest.mark.parametrize("name", ["key1", "key2"])
def test_each_key_signs_for_a_blob_and_the_audit_names_the_kind(keyed: Storage, name: str) -> None:
    sas = blob_sas(keyed, "r", key_of(keyed, name))
    blob = keyed.sdk_with(sas).get_blob_client("scratch", "one")
    assert blob.download_blob().readall() == b"content"
    record = keyed.audited()[-1]
    assert (record.outcome, record.identity) == (Outcome.ALLOWED, "")
    assert (record.role, record.credential) == ("account key", "service SAS")
    with refused(PERMISSION):
        blob.delete_blob()
    with refused("AuthenticationFailed"):
        keyed.sdk_with(sas).get_blob_client("scratch", "other").download_blob()


def test_a_sas_by_another_key_proves_nothing(keyed: Storage) -> None:
    for sas in (
        blob_sas(keyed, "r", "b3RoZXI="),
        blob_sas(keyed, "r", expiry=datetime.now(UTC) - timedelta(hours=1)),
        blob_sas(keyed, "r").replace("sp=r", "sp=rw"),
    ):
        with refused("AuthenticationFailed"):
            keyed.sdk_with(sas).get_blob_client("scratch", "one").download_blob()


def test_a_container_is_listed_and_not_changed(keyed: Storage) -> None:
    account = keyed.deployment.storage.name
    sas = generate_container_sas(
        *(account, "scratch"), account_key=key_of(keyed), permission="rl", expiry=EXPIRY
    )
    container = keyed.sdk_with(sas).get_container_client("scratch")
    assert "one" in list(container.list_blob_names())
    for change in (container.delete_container, container.get_container_access_policy):
        with refused(FAILURE):
            change()


def test_an_account_sas_is_for_its_types_and_permissions(keyed: Storage) -> None:
    objects = account_sas(keyed, "o", "r")
    assert objects.get_blob_client("scratch", "one").download_blob().readall() == b"content"
    with refused(PERMISSION):
        objects.get_blob_client("scratch", "one").delete_blob()
    with refused(TYPE):
        list(objects.get_container_client("scratch").list_blob_names())
    with refused(TYPE):
        list(objects.list_containers())
    containers = account_sas(keyed, "sc", "rl")
    assert "one" in list(containers.get_container_client("scratch").list_blob_names())
    assert "scratch" in [each.name for each in containers.list_containers()]
    with refused(TYPE):
        containers.get_blob_client("scratch", "one").download_blob()
    assert keyed.audited()[-2].credential == "account SAS"


def test_an_account_sas_creates_a_container_and_reads_no_access_policy(keyed: Storage) -> None:
    creator = account_sas(keyed, "c", "cdr")
    made = creator.get_container_client("made-by-sas")
    made.create_container()
    assert made.get_container_properties().name == "made-by-sas"
    with refused(FAILURE):
        made.get_container_access_policy()
    with refused(PERMISSION):
        made.set_container_metadata({"a": "b"})
    made.delete_container()


def test_an_account_sas_for_another_service_is_refused(keyed: Storage) -> None:
    with refused("AuthorizationServiceMismatch"):
        queues: Any = "q"
        account_sas(keyed, "o", "r", services=queues).get_blob_client(
            "scratch", "one"
        ).download_blob()


def test_no_key_gets_a_user_delegation_key(keyed: Storage) -> None:
    with refused(FAILURE):
        account_sas(keyed, "sco", "racwdl").get_user_delegation_key(datetime.now(UTC), EXPIRY)
    assert keyed.sdk("owner").get_user_delegation_key(datetime.now(UTC), EXPIRY).value


def test_an_account_without_keys_takes_no_sas_of_one(storage: Storage, keyed: Storage) -> None:
    address = f"/scratch/one?{blob_sas(keyed, 'r')}"
    assert keyed.send("GET", address).body == b"content"
    answer = storage.send("GET", address)
    assert (answer.status, answer.code) == (403, "KeyBasedAuthenticationNotPermitted")


@pytest.mark.parametrize("version", ["2015-04-05", "2018-11-09", "2020-12-06"])
def test_each_version_signs_its_own_fields(keyed: Storage, version: str) -> None:
    """The counts are those of the page about the service SAS."""
    fields = f"sv={version}&sr=b&sp=r&ss=b&srt=o&se=2030-01-01&sig=x"
    target = read_request("GET", f"/scratch/one?{fields}", []).target
    expected = {"2015-04-05": 13, "2018-11-09": 15, "2020-12-06": 16}[version]
    assert by_a_key(target, "account").count("\n") + 1 == expected
    of_an_account = 10 if version >= "2020-12-06" else 9
    assert for_an_account(target.sas, "account").count("\n") == of_an_account


def test_a_copy_at_once_by_a_key_takes_a_credential_of_its_source(keyed: Storage) -> None:
    """Any other request by a key reads the account; see the test of the SDK in plane.py."""
    source = f"https://{keyed.host}/scratch/one"
    by_key = AzureNamedKeyCredential(keyed.deployment.storage.name, key_of(keyed))
    target = keyed.sdk_with(by_key).get_blob_client("scratch", "copied-by-key")
    with pytest.raises(HttpResponseError) as raised:
        target.start_copy_from_url(source, requires_sync=True)
    error: Any = raised.value
    assert error.error_code == "CannotVerifyCopySource"
    signed = f"{source}?{blob_sas(keyed, 'r')}"
    assert target.start_copy_from_url(signed, requires_sync=True)["copy_status"] == "success"
    assert target.start_copy_from_url(source)["copy_status"] == "success"
