"""An account that allows shared keys: Microsoft's client signs, and the sandbox verifies."""

import base64
import time
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.pipeline import PipelineRequest
from azure.core.rest import HttpRequest
from azure.storage.blob import BlobBlock, BlobServiceClient
from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.audit import Outcome, Record
from sandbox.broken_files import BrokenFileError
from sandbox.refusal import Refusal
from sandbox.state import State
from sandbox.storage.account_keys import AccountKeys
from sandbox.storage.request import read_request
from sandbox.storage.shared_key import BY_KEY, sign, string_to_sign, verify
from tests.sandbox.storage.harness import Storage

NOW = 1_900_000_000.0
DATE = formatdate(NOW, usegmt=True)
KEYS = AccountKeys("account", {"key1": b"1" * 64, "key2": b"2" * 64})
HEADERS = [
    *("Content-Encoding", "Content-Language", "Content-MD5", "Content-Type", "If-Match"),
    *("If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "x-ms-blob-type"),
    *("x-ms-blob-content-type", "x-ms-blob-content-disposition", "x-ms-client-request-id"),
    *("x-ms-meta-a", "x-ms-meta-a_b", "x-ms-meta-a1", "x-ms-meta-ab", "x-ms-meta-_", "x-ms-tags"),
    *(f"x-ms-meta-{each}" for each in "!#$%&*+.^_`|~0"),
    *(f"x-ms-meta-a{each}" for each in ("-", "--", "-_", "_-", "-b", "-_b", "_b", "'", "'-")),
    *("x-ms-copy-source", "x-ms-source-if-match", "x-ms-if-tags", "x-ms-range", "x-ms-version"),
    *("x-ms-lease-id", "x-ms-access-tier"),
]


def signed_by_the_sdk(method: str, target: str, headers: dict[str, str], key: bytes) -> str:
    """Return the Authorization header that azure-storage-blob gives a request."""
    request = HttpRequest(method, f"https://account.blob.core.windows.net{target}")
    request.headers.update(headers)
    context: Any = SimpleNamespace(transport=None)
    policy: Any = SharedKeyCredentialPolicy("account", base64.b64encode(key).decode())  # type: ignore[no-untyped-call]
    policy.on_request(PipelineRequest(request, context))
    return str(request.headers["Authorization"])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["GET", "PUT", "HEAD", "DELETE"]),
    st.sampled_from(["/", "/con", "/con/a%20b", "/con/a/b%2Fc%C3%A9", "/con/%25"]),
    st.dictionaries(st.sampled_from(HEADERS), st.text("ab1 =/", min_size=1).map(str.strip)),
    st.dictionaries(
        st.sampled_from(["comp", "restype", "prefix", "marker", "timeout", "blockid"]),
        st.sampled_from(["list", "container", "a%20b", "a%2Fb%3D%3D", "30"]),
    ),
    st.sampled_from(["0", "1", "31800"]),
)
def test_a_request_that_the_sdk_signed_is_authorized_and_under_another_key_is_not(
    method: str, path: str, headers: dict[str, str], query: dict[str, str], length: str
) -> None:
    target = path + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")
    sent = {name: value for name, value in headers.items() if value}
    sent |= {"x-ms-date": DATE, "Content-Length": length}
    signatures = [
        signed_by_the_sdk(method, target, sent, key).removeprefix("SharedKey ")
        for key in (*KEYS.by_name.values(), b"3" * 64)
    ]
    request = read_request(method, target, sent.items())
    assert [verifies(request, each) for each in signatures] == [True, True, False]


def verifies(request: Any, signature: str) -> bool:
    try:
        return verify(request, signature, KEYS, NOW) is BY_KEY
    except Refusal as refused:
        return refused.status != 403


@pytest.fixture(scope="module")
def storage(keyed: Storage) -> Storage:
    return keyed


def key_of(storage: Storage, name: str = "key1") -> str:
    state = State(storage.audit_file.parent)
    return AccountKeys.kept_in(state, storage.deployment.storage.name).shown[name]


def by_key(storage: Storage, key: str) -> BlobServiceClient:
    name = storage.deployment.storage.name
    return storage.sdk_with(AzureNamedKeyCredential(name, key))


def since(storage: Storage, before: int) -> list[Record]:
    return storage.audited()[before:]


@pytest.mark.parametrize("name", ["key1", "key2"])
def test_a_key_authorizes_everything_and_the_audit_has_no_identity(
    storage: Storage, name: str
) -> None:
    before = len(storage.audited())
    account = by_key(storage, key_of(storage, name))
    blob = account.get_blob_client("originals", f"a folder/{name} é.jpg")
    blob.upload_blob(b"x" * 5000, metadata={"a_b": "1", "ab": "2"}, tags={"kind": "photo"})
    blob.upload_blob(b"replaced", overwrite=True)
    assert blob.download_blob(offset=2, length=4).readall() == b"plac"
    blob.set_blob_metadata({"z": "1", "Z_": "2"})
    container = account.get_container_client("originals")
    found = [each.name for each in container.list_blobs(name_starts_with="a folder/")]
    assert blob.blob_name in found
    assert container.get_container_access_policy()["public_access"] is None
    container.delete_blobs(blob.blob_name)
    assert not blob.exists()
    records = since(storage, before)
    assert {each.outcome for each in records} == {Outcome.ALLOWED}
    assert {(each.identity, each.principal_id, each.assignment) for each in records} == {
        ("", "", "")
    }
    assert {each.role for each in records} == {"account key"}
    assert {"PutBlob", "GetBlob", "DeleteBlob", "BlobBatch", "ListBlobs"} <= {
        each.operation for each in records
    }
    assert all(each.action and each.scope for each in records)


def test_a_key_writes_a_blob_in_blocks_and_copies_it(storage: Storage) -> None:
    account = by_key(storage, key_of(storage))
    blob = account.get_blob_client("scratch", "blocks")
    blocks = {"AAAA": b"one ", "AAAB": b"two"}
    for block, content in blocks.items():
        blob.stage_block(block, content)
    blob.commit_block_list([BlobBlock(each) for each in blocks])
    copy = account.get_blob_client("scratch", "copy")
    copy.start_copy_from_url(blob.url)
    assert copy.download_blob().readall() == b"one two"


@pytest.mark.parametrize("wrong", ["key", "account"])
def test_another_key_and_another_account_are_refused_as_azure_does(
    storage: Storage, wrong: str
) -> None:
    other = base64.b64encode(b"0" * 64).decode()
    name = storage.deployment.storage.name
    credential = (
        AzureNamedKeyCredential(name, other)
        if wrong == "key"
        else AzureNamedKeyCredential("another", key_of(storage))
    )
    with pytest.raises(ClientAuthenticationError) as refused:
        storage.sdk_with(credential).get_blob_client("originals", "x").exists()
    assert refused.value.status_code == 403
    assert "AuthenticationFailed" in refused.value.message
    record = storage.audited()[-1]
    assert record.outcome is Outcome.REFUSED
    assert record.reason == ("AuthenticationFailed: the signature is not by a key of this account")


def test_the_error_shows_the_text_that_the_signature_must_cover(storage: Storage) -> None:
    name = storage.deployment.storage.name
    headers = {"Authorization": f"SharedKey {name}:AAAA", "x-ms-date": formatdate(usegmt=True)}
    answer = storage.send("GET", "/originals/x?timeout=5", headers=headers)
    assert (answer.status, answer.code) == (403, "AuthenticationFailed")
    assert f"/{name}/originals/x\ntimeout:5'." in answer.text


def test_octets_that_are_no_text_are_answered_all_the_same(storage: Storage) -> None:
    name = storage.deployment.storage.name.encode()
    date = formatdate(usegmt=True).encode()
    answer = storage.wire(
        b"GET /originals/x HTTP/1.1\r\nHost: "
        + storage.host.encode()
        + b"\r\nx-ms-date: "
        + date
        + b"\r\nx-ms-meta-a: \xff\xfe\r\nAuthorization: SharedKey "
        + name
        + b":\xff<&\r\n\r\n"
    )
    assert (answer.status, answer.code) == (403, "AuthenticationFailed")
    assert storage.send("GET", "/originals/x", "owner").status in {200, 404}


@pytest.mark.parametrize(
    ("age", "status"), [(14 * 60, 404), (16 * 60, 403)], ids=["14 minutes", "16 minutes"]
)
def test_a_request_is_signed_for_a_quarter_of_an_hour(
    storage: Storage, age: int, status: int
) -> None:
    date = formatdate(time.time() - age, usegmt=True)
    answer = signed(storage, "/originals/absent", {"x-ms-date": date})
    assert answer.status == status
    assert ("too old" in answer.text) == (status == 403)


def test_a_request_without_a_date_is_refused(storage: Storage) -> None:
    assert signed(storage, "/originals/absent", {}).status == 403
    assert signed(storage, "/originals/absent", {"Date": formatdate(usegmt=True)}).status == 404


def signed(storage: Storage, path: str, headers: dict[str, str]) -> Any:
    """Send a request with exactly these headers, signed with the account's key."""
    name = storage.deployment.storage.name
    ours = "".join(f"{k}:{headers[k]}\n" for k in sorted(headers) if k.startswith("x-ms-"))
    date = "" if "x-ms-date" in headers else headers.get("Date", "")
    text = f"GET\n\n\n\n\n\n{date}\n\n\n\n\n\n{ours}x-ms-version:2025-11-05\n/{name}{path}"
    signature = sign(text, base64.b64decode(key_of(storage)))
    return storage.send(
        "GET", path, headers={**headers, "Authorization": f"SharedKey {name}:{signature}"}
    )


@pytest.mark.parametrize(
    ("reader", "version", "status", "cause"),
    [
        ("owner", {"x-ms-version": "2025-11-05"}, 201, None),
        ("owner", {}, 403, "AuthenticationFailed"),
        (None, {}, 401, "NoAuthenticationInformation"),
    ],
)
def test_a_token_reads_the_source_of_a_copy_only_in_a_version_with_tokens(
    storage: Storage, reader: str | None, version: dict[str, str], status: int, cause: str | None
) -> None:
    blobs = {"x-ms-blob-type": "BlockBlob"}
    assert storage.send("PUT", "/originals/source", "owner", blobs, b"source").status == 201
    sent = {
        "x-ms-copy-source": f"https://{storage.host}/originals/source",
        "x-ms-date": formatdate(usegmt=True),
        "Content-Length": "0",
        **version,
    }
    if reader:
        sent["x-ms-copy-source-authorization"] = f"Bearer {storage.token(reader)}"
    target = "/originals/copy?comp=block&blockid=MQ%3D%3D"
    name = storage.deployment.storage.name
    text = string_to_sign(read_request("PUT", target, sent.items()), name)
    signature = sign(text, base64.b64decode(key_of(storage)))
    sent |= {"Host": storage.host, "Authorization": f"SharedKey {name}:{signature}"}
    lines = "".join(f"{key}: {value}\r\n" for key, value in sent.items())
    answer = storage.wire(f"PUT {target} HTTP/1.1\r\n{lines}\r\n".encode(), "PUT")
    assert answer.status == status
    assert answer.headers.get("x-ms-copy-source-error-code") == cause


def test_beside_the_key_a_token_is_decided_by_roles(storage: Storage) -> None:
    by_key(storage, key_of(storage)).get_blob_client("originals", "one").upload_blob(b"1")
    assert storage.sdk("thumbnailer").get_blob_client("originals", "one").exists()
    with pytest.raises(HttpResponseError) as denied:
        storage.sdk("gateway").get_blob_client("originals", "one").download_blob()
    assert "AuthorizationPermissionMismatch" in denied.value.message


def test_what_a_key_could_sign_beside_requests_is_named_as_not_offered(storage: Storage) -> None:
    for more in ("&sp=r&se=2030-01-01", ""):
        by_policy = f"sv=2024-11-04&sr=b&sig=x&si=mine{more}"
        answer = storage.send("GET", f"/originals/x?{by_policy}")
        assert (answer.status, answer.code) == (403, "AuthenticationFailed")
        assert "si: this sandbox does not offer a stored access policy." in answer.text
    lite = storage.send("GET", "/originals/x", headers={"Authorization": "SharedKeyLite a:b"})
    assert "Shared Key Lite is not available in this sandbox yet." in lite.text


def test_keys_are_made_once_and_are_private(tmp_path: Any) -> None:
    state = State.open(tmp_path / "state")
    first = AccountKeys.kept_in(state, "one")
    other = AccountKeys.kept_in(state, "two")
    assert AccountKeys.kept_in(state, "one").shown == first.shown
    assert len({*first.shown.values(), *other.shown.values()}) == 4
    assert first.shown["key1"] not in repr(first)
    assert state.path("account-keys.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ['{"one": {"key1": "?"}}', '{"one": 1}', "[]", "{"])
def test_a_broken_file_of_keys_is_named(tmp_path: Any, content: str) -> None:
    state = State.open(tmp_path / "state")
    state.write("account-keys.json", content.encode())
    with pytest.raises(BrokenFileError, match="get new keys"):
        AccountKeys.kept_in(state, "one")
