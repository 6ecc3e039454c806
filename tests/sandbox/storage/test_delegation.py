"""User delegation keys, and SAS with the rights that their issuer has when they are used."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import (
    HttpResponseError,
)
from azure.storage.blob import (
    BlobBlock,
    BlobClient,
    BlobLeaseClient,
    ContainerClient,
    UserDelegationKey,
    generate_blob_sas,
    generate_container_sas,
)

from sandbox.audit import Outcome
from tests.sandbox.storage.harness import BLOBS, Storage

EXPIRY = datetime.now(UTC) + timedelta(hours=1)
MISMATCH = "AuthorizationPermissionMismatch"
# Principals of the harness that have one right each.
DELEGATOR = "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action"


def key_of(storage: Storage, who: str = "owner") -> UserDelegationKey:
    return storage.sdk(who).get_user_delegation_key(datetime.now(UTC), EXPIRY)


def signed_blob(storage: Storage, name: str, permission: str, **options: Any) -> BlobClient:
    key = options.pop("key", None) or key_of(storage)
    options = {"expiry": EXPIRY, "permission": permission, "user_delegation_key": key} | options
    sas = generate_blob_sas(storage.deployment.storage.name, "scratch", name, **options)
    return storage.sdk_with(sas).get_blob_client("scratch", name)


def signed_container(storage: Storage, permission: str, **options: Any) -> ContainerClient:
    sas = generate_container_sas(
        storage.deployment.storage.name,
        "scratch",
        permission=permission,
        expiry=EXPIRY,
        user_delegation_key=key_of(storage),
        **options,
    )
    return storage.sdk_with(sas).get_container_client("scratch")


@contextmanager
def refused(code: str = MISMATCH, status: int = 403) -> Iterator[None]:
    with pytest.raises(HttpResponseError) as raised:
        yield
    error: Any = raised.value
    assert (error.status_code, error.error_code) == (status, code)


@pytest.fixture
def blob(storage: Storage, request: pytest.FixtureRequest) -> BlobClient:
    """A blob of this test alone, as its owner sees it."""
    blob = storage.sdk("owner").get_blob_client("scratch", request.node.name)
    blob.upload_blob(b"content", overwrite=True)
    return blob


def test_a_key_is_given_to_whom_a_role_lets_ask_and_to_nobody_else(storage: Storage) -> None:
    key = key_of(storage, DELEGATOR)
    assert key.signed_oid == storage.principals[DELEGATOR].principal_id
    assert (key.signed_tid, key.signed_service) == (storage.deployment.tenant_id, "b")
    for who in ("nobody", f"all but {DELEGATOR}"):
        with refused():
            key_of(storage, who)
    with refused("InvalidXmlNodeValue", 400):
        storage.sdk("owner").get_user_delegation_key(
            datetime.now(UTC), datetime.now(UTC) + timedelta(days=8)
        )


def test_a_sas_reads_its_blob_and_writes_nothing(storage: Storage, blob: BlobClient) -> None:
    signed = signed_blob(storage, blob.blob_name, "r")
    assert signed.download_blob().readall() == b"content"
    assert signed.get_blob_properties().size == 7
    with refused():
        signed.upload_blob(b"other", overwrite=True)
    with refused():
        signed.delete_blob()
    assert blob.download_blob().readall() == b"content"


def test_the_audit_names_the_issuer_and_the_sas(storage: Storage, blob: BlobClient) -> None:
    signed = signed_blob(storage, blob.blob_name, "r")
    signed.download_blob().readall()
    with refused():
        signed.delete_blob()
    allowed, denied = storage.audited()[-2:]
    assert (allowed.outcome, allowed.operation) == (Outcome.ALLOWED, "GetBlob")
    assert (allowed.identity, allowed.action) == ("owner", f"{BLOBS}/read")
    assert (allowed.credential, allowed.token_id) == ("user delegation SAS", "")
    assert (denied.outcome, denied.identity) == (Outcome.REFUSED, "owner")
    assert denied.reason == f"{MISMATCH}: the SAS permits r, and it takes d"


@pytest.mark.parametrize(
    ("who", "reads"), [(DELEGATOR, False), (f"all but {BLOBS}/read", False), ("owner", True)]
)
def test_a_sas_may_no_more_than_its_issuer(
    storage: Storage, blob: BlobClient, who: str, reads: bool
) -> None:
    signed = signed_blob(storage, blob.blob_name, "rw", key=key_of(storage, who))
    if reads:
        assert signed.download_blob().readall() == b"content"
        return
    with refused():
        signed.download_blob()
    record = storage.audited()[-1]
    assert (record.outcome, record.identity) == (Outcome.DENIED, who)
    assert record.credential == "user delegation SAS"


def test_a_role_that_is_revoked_ends_the_sas(storage: Storage, blob: BlobClient) -> None:
    signed = signed_blob(storage, blob.blob_name, "r")
    assert signed.download_blob().readall() == b"content"
    with storage.without_roles("owner"), refused():
        signed.download_blob()
    assert signed.download_blob().readall() == b"content"


def test_the_permission_to_create_replaces_nothing(storage: Storage, blob: BlobClient) -> None:
    with refused("UnauthorizedBlobOverwrite"):
        signed_blob(storage, blob.blob_name, "c").upload_blob(b"other", overwrite=True)
    fresh = signed_blob(storage, f"{blob.blob_name}-new", "c")
    fresh.upload_blob(b"new", overwrite=True)
    with refused():
        fresh.set_blob_metadata({"a": "b"})
    assert blob.download_blob().readall() == b"content"


def test_blocks_become_a_new_blob_by_the_permission_to_create(storage: Storage) -> None:
    signed = signed_blob(storage, "blocks-by-sas", "c")
    for content in (b"new", b"newer"):
        signed.stage_block("1", content)
        if content == b"new":
            signed.commit_block_list([BlobBlock("1")])
            continue
        with refused("UnauthorizedBlobOverwrite"):
            signed.commit_block_list([BlobBlock("1")])
    with refused():
        signed_blob(storage, "blocks-by-sas", "r").stage_block("1", b"other")
    owner = storage.sdk("owner").get_blob_client("scratch", "blocks-by-sas")
    assert owner.download_blob().readall() == b"new"


def test_a_container_sas_lists_and_deletes_in_its_container(
    storage: Storage, blob: BlobClient
) -> None:
    signed = signed_container(storage, "rld")
    assert blob.blob_name in list(signed.list_blob_names())
    answers = list(signed.delete_blobs(blob.blob_name))
    assert [each.status_code for each in answers] == [202]
    with refused():
        list(signed_container(storage, "r").list_blob_names())
    with refused("AuthorizationFailure"):
        signed.get_container_properties()
    with refused("AuthorizationFailure"):
        signed.delete_container()


def test_tags_take_a_permission_of_their_own(storage: Storage, blob: BlobClient) -> None:
    signed_blob(storage, blob.blob_name, "t").set_blob_tags({"kind": "photo"})
    assert blob.get_blob_tags() == {"kind": "photo"}
    with refused():
        signed_blob(storage, blob.blob_name, "rw").get_blob_tags()


def test_a_block_is_appended_by_the_permission_to_add(storage: Storage) -> None:
    log = signed_blob(storage, "log-by-sas", "c")
    log.create_append_blob()
    signed_blob(storage, "log-by-sas", "a").append_block(b"line")
    with refused():
        signed_blob(storage, "log-by-sas", "c").append_block(b"line")
    with refused():
        signed_blob(storage, "log-by-sas", "a").delete_blob()


def test_the_signed_headers_of_the_content_replace_its_own(
    storage: Storage, blob: BlobClient
) -> None:
    signed = signed_blob(
        storage,
        blob.blob_name,
        "r",
        content_disposition="attachment; filename=photo.jpg",
        cache_control="no-store",
        content_type="image/x",
    )
    settings = signed.get_blob_properties().content_settings
    assert settings.content_disposition == "attachment; filename=photo.jpg"
    assert (settings.cache_control, settings.content_type) == ("no-store", "image/x")
    assert signed.download_blob().properties.content_settings.cache_control == "no-store"
    assert blob.get_blob_properties().content_settings.content_type == "application/octet-stream"


def test_an_address_counts_as_the_connection_has_it(storage: Storage, blob: BlobClient) -> None:
    assert signed_blob(storage, blob.blob_name, "r", ip="127.0.0.1").download_blob().readall()
    with pytest.raises(HttpResponseError, match=r"using this source IP 127\.0\.0\.1"):
        signed_blob(storage, blob.blob_name, "r", ip="10.0.0.1-10.0.0.9").download_blob()


def test_a_sas_beside_a_token_is_refused_in_words(storage: Storage, blob: BlobClient) -> None:
    address = signed_blob(storage, blob.blob_name, "r").url.partition(storage.host)[2]
    assert storage.send("GET", address).body == b"content"
    both = storage.send("GET", address, "owner")
    assert (both.status, both.code) == (403, "AuthenticationFailed")
    assert "not both" in both.text


def test_a_lease_is_broken_by_the_permission_to_delete(storage: Storage, blob: BlobClient) -> None:
    blob.acquire_lease(60)
    with refused():
        BlobLeaseClient(signed_blob(storage, blob.blob_name, "r")).break_lease()
    BlobLeaseClient(signed_blob(storage, blob.blob_name, "d")).break_lease()
