"""A copy whose source has a credential of its own: a token, or a SAS in its address."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.blob import generate_blob_sas

from tests.sandbox.storage.harness import BLOBS, Answer, Storage

READ, WRITE = f"{BLOBS}/read", f"{BLOBS}/write"
EXPIRY = datetime.now(UTC) + timedelta(hours=1)
AT_ONCE = {"x-ms-requires-sync": "true"}


@pytest.fixture(autouse=True)
def source(storage: Storage) -> str:
    """The address of a blob to copy, which has tags."""
    headers = {"x-ms-blob-type": "BlockBlob", "x-ms-tags": "kind=photo"}
    assert storage.send("PUT", "/elsewhere/copied", "owner", headers, b"content").status == 201
    return f"https://{storage.host}/elsewhere/copied"


def sas(storage: Storage, who: str, permission: str = "r", **options: Any) -> str:
    key = storage.sdk(who).get_user_delegation_key(datetime.now(UTC), EXPIRY)
    account = storage.deployment.storage.name
    return generate_blob_sas(
        *(account, "elsewhere", "copied"),
        permission=permission,
        expiry=EXPIRY,
        user_delegation_key=key,
        **options,
    )


def copy(storage: Storage, target: str, source: str, who: str | None, **more: str) -> Answer:
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    return storage.send("PUT", target, who, {"x-ms-copy-source": source} | headers)


def cause(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.code, answer.headers.get("x-ms-copy-source-error-code", "")


@pytest.mark.parametrize("headers", [{}, AT_ONCE])
def test_a_sas_reads_the_source_for_a_caller_who_may_only_write(
    storage: Storage, source: str, headers: dict[str, str]
) -> None:
    target = f"/scratch/by-sas-{len(headers)}"
    signed = f"{source}?{sas(storage, 'owner')}"
    assert copy(storage, target, source, WRITE, **headers).status == 403
    assert copy(storage, target, signed, WRITE, **headers).status == 202
    assert storage.send("GET", target, "owner").body == b"content"
    written, read = storage.audited()[-3:-1]
    assert (written.identity, read.identity) == (WRITE, "owner")
    assert (read.operation, read.credential) == ("GetBlob", "user delegation SAS")


@pytest.mark.parametrize("headers", [{}, AT_ONCE])
def test_a_sas_that_may_not_read_the_source_copies_nothing(
    storage: Storage, source: str, headers: dict[str, str]
) -> None:
    expected = (403, "CannotVerifyCopySource", "AuthorizationPermissionMismatch")
    target = f"/scratch/not-by-sas-{len(headers)}"
    to_delete = f"{source}?{sas(storage, 'owner', 'd')}"
    assert cause(copy(storage, target, to_delete, "owner", **headers)) == expected
    by_a_writer = f"{source}?{sas(storage, f'all but {READ}')}"
    assert cause(copy(storage, target, by_a_writer, "owner", **headers)) == expected
    forged = f"{source}?{sas(storage, 'owner').replace('skt=2', 'skt=1')}"
    assert cause(copy(storage, target, forged, "owner", **headers))[2] == "AuthenticationFailed"
    elsewhere = f"{source}?{sas(storage, 'owner', ip='127.0.0.1')}"
    assert cause(copy(storage, target, elsewhere, "owner", **headers))[0] == 403
    assert storage.send("GET", target, "owner").status == 404


def test_a_token_of_its_own_reads_the_source(storage: Storage, source: str) -> None:
    token = {"x_ms_copy_source_authorization": f"Bearer {storage.token(READ)}"}
    assert copy(storage, "/scratch/by-token", source, WRITE, **AT_ONCE, **token).status == 202
    assert storage.send("GET", "/scratch/by-token", "owner").body == b"content"
    denied = {"x_ms_copy_source_authorization": f"Bearer {storage.token(WRITE)}"}
    answer = copy(storage, "/scratch/by-token", source, "owner", **AT_ONCE, **denied)
    assert cause(answer) == (403, "CannotVerifyCopySource", "AuthorizationPermissionMismatch")


def test_a_copy_that_takes_a_while_takes_no_token_for_its_source(
    storage: Storage, source: str
) -> None:
    token = {"x_ms_copy_source_authorization": f"Bearer {storage.token(READ)}"}
    answer = copy(storage, "/scratch/later", source, "owner", **token)
    assert (answer.status, answer.code) == (400, "UnsupportedHeader")


def test_tags_are_copied_if_the_credential_of_the_source_reads_them(
    storage: Storage, source: str
) -> None:
    tags = AT_ONCE | {"x_ms_copy_source_tag_option": "COPY"}
    read = f"{source}?{sas(storage, 'owner')}"
    assert copy(storage, "/scratch/tagged", read, "owner", **tags).status == 403
    read_with_tags = f"{source}?{sas(storage, 'owner', 'rt')}"
    assert copy(storage, "/scratch/tagged", read_with_tags, "owner", **tags).status == 202
    assert "photo" in storage.send("GET", "/scratch/tagged?comp=tags", "owner").text


@pytest.mark.parametrize("headers", [{}, AT_ONCE])
def test_a_sas_for_the_target_reads_no_source(
    storage: Storage, source: str, headers: dict[str, str]
) -> None:
    key = storage.sdk("owner").get_user_delegation_key(datetime.now(UTC), EXPIRY)
    account = storage.deployment.storage.name
    to_write = generate_blob_sas(
        *(account, "scratch", "signed"),
        permission="rw",
        expiry=EXPIRY,
        user_delegation_key=key,
    )
    target = f"/scratch/signed?{to_write}"
    assert copy(storage, target, source, None, **headers).code == "CannotVerifyCopySource"
    signed = f"{source}?{sas(storage, 'owner')}"
    assert copy(storage, target, signed, None, **headers).status == 202


def test_a_block_is_read_from_an_address_with_a_sas(storage: Storage, source: str) -> None:
    target = "/scratch/block-by-sas?comp=block&blockid=MQ%3D%3D"
    signed = f"{source}?{sas(storage, 'owner')}"
    assert cause(copy(storage, target, source, WRITE))[1] == "CannotVerifyCopySource"
    assert copy(storage, target, signed, WRITE).status == 201
    both = {"x_ms_copy_source_authorization": f"Bearer {storage.token(READ)}"}
    assert cause(copy(storage, target, signed, WRITE, **both))[2] == "AuthenticationFailed"
