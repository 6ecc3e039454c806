"""An error is answered as Azure does: its status line, its headers, its document."""

import re
import uuid

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from sandbox.storage.errors import StorageError
from sandbox.storage.rendering import document, reason_of
from tests.sandbox.storage.harness import Answer, Static, Storage
from tests.sandbox.storage.requests_of_rows import HOST

BLOCK = {"x-ms-blob-type": "BlockBlob"}
TOMORROW = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
BOM = b"\xef\xbb\xbf"
# The headers of each answer; and the id, if the client sent one.
ALWAYS = {"server", "date", "x-ms-request-id", "x-ms-version"}


def names(answer: Answer) -> set[str]:
    return {name.lower() for name in answer.headers}


@pytest.fixture
def blob(storage: Storage) -> str:
    path = f"/scratch/{uuid.uuid4().hex}"
    assert storage.send("PUT", path, "owner", BLOCK, b"light").status == 201
    return path


@pytest.mark.parametrize(
    ("target", "who", "reason"),
    [
        (
            "/scratch/x",
            "nobody",
            "This request is not authorized to perform this operation using this permission.",
        ),
        ("/scratch/nowhere", "owner", "The specified blob does not exist."),
        ("/never-made/x", "owner", "The specified container does not exist."),
        ("/Odd_Name/x", "owner", "The specifed resource name contains invalid characters."),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_phrase_beside_the_status_is_the_message(
    storage: Storage, method: str, target: str, who: str, reason: str
) -> None:
    answer = storage.send(method, target, who)
    assert answer.reason == reason
    if method == "GET":
        assert f"<Message>{reason}\nRequestId:" in answer.text


def test_the_sdk_shows_the_phrase_of_an_answer_without_a_body(storage: Storage) -> None:
    blob = storage.sdk("owner").get_blob_client("scratch", "nowhere")
    with pytest.raises(ResourceNotFoundError, match=r"The specified blob does not exist\."):
        blob.get_blob_properties()
    assert blob.exists() is False


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("One line.", "One line."),
        ("A line.\nRequestId:x", "A line."),
        ("A line.\r\nSet-Cookie: x", "A line."),
        ("A line.\u2028Set-Cookie: x", "A line."),
        ("tab\tand é", "tab?and ?"),
        ("x" * 5000, "x" * 256),
        ("", ""),
    ],
)
def test_a_phrase_is_one_short_line_of_ascii(message: str, reason: str) -> None:
    assert reason_of(StorageError(400, "InvalidInput", message)) == reason


def test_a_document_says_in_xml_whatever_it_is_given() -> None:
    details = {"HeaderValue": "</Error>&\x00\ud800"}
    written = document(StorageError(400, "InvalidHeaderValue", "<No>", details=details), "id")
    assert written.startswith(BOM + b'<?xml version="1.0" encoding="utf-8"?><Error><Code>')
    assert b"<HeaderValue>&lt;/Error&gt;&amp;??</HeaderValue></Error>" in written
    assert b"<Message>&lt;No&gt;\nRequestId:id\nTime:20" in written


@pytest.mark.parametrize(
    ("method", "headers"), [("GET", {"If-Match": '"0x1"'}), ("GET", {"x-ms-range": "bytes=99-"})]
)
def test_what_azurite_words_is_one_line_too(
    storage: Storage, blob: str, method: str, headers: dict[str, str]
) -> None:
    answer = storage.send(method, blob, "owner", headers)
    assert answer.body.startswith(BOM + b'<?xml version="1.0" encoding="utf-8"?><Error><Code>')
    assert answer.headers["x-ms-request-id"] in answer.text
    assert answer.headers["x-ms-request-id"].endswith("000000")


@pytest.mark.parametrize(("target", "who"), [("/scratch/x", "nobody"), ("/scratch/x", "owner")])
def test_an_error_that_answers_head_has_neither_a_length_nor_a_type(
    storage: Storage, target: str, who: str
) -> None:
    answer = storage.send("HEAD", target, who)
    assert names(answer) == ALWAYS | {"x-ms-error-code", "transfer-encoding"}


def test_a_connection_goes_on_behind_an_error_that_answers_head(storage: Storage) -> None:
    token = storage.token("nobody")
    ask = f"HEAD /scratch/x HTTP/1.1\r\nHost: {storage.host}\r\nx-ms-version: 2025-11-05\r\n"
    last = "Connection: close\r\n\r\n"
    lines = f"{ask}Authorization: Bearer {token}\r\n"
    with storage.connect() as channel:
        channel.sendall(f"{lines}\r\n{lines}{last}".encode())
        received = b"".join(iter(lambda: channel.recv(65536), b""))
    assert received.count(b"HTTP/1.1 403 ") == 2


def test_nothing_changed_has_no_type_but_for_page_ranges(storage: Storage, blob: str) -> None:
    for target in (blob, f"{blob}?comp=metadata"):
        answer = storage.send("GET", target, "owner", TOMORROW)
        assert (answer.status, answer.code) == (304, "ConditionNotMet")
        assert names(answer) == ALWAYS | {"x-ms-error-code"}
    page = {"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": "512"}
    assert storage.send("PUT", blob, "owner", page).status == 201
    ranges = storage.send("GET", f"{blob}?comp=pagelist", "owner", TOMORROW)
    assert (ranges.status, ranges.headers["Content-Type"]) == (304, "application/xml")


def test_a_snapshot_whose_condition_is_not_met_fails(storage: Storage, blob: str) -> None:
    answer = storage.send("PUT", f"{blob}?comp=snapshot", "owner", TOMORROW)
    assert (answer.status, answer.code) == (412, "ConditionNotMet")
    assert storage.send("PUT", f"{blob}?comp=snapshot", "owner").status == 201


@pytest.mark.parametrize("level", ["blob", "container"])
def test_a_lease_that_was_broken_is_lost_and_none_is_not_there(
    storage: Storage, blob: str, level: str
) -> None:
    container = f"/lease-{uuid.uuid4().hex}"
    assert storage.send("PUT", f"{container}?restype=container", "owner").status == 201
    target = f"{container}?restype=container&comp=lease" if level == "container" else blob
    lease = target if level == "container" else f"{blob}?comp=lease"
    asked = f"{container}?restype=container" if level == "container" else blob
    with_id = {"x-ms-lease-id": str(uuid.uuid4())}
    none = storage.send("DELETE", asked, "owner", with_id)
    assert none.code == f"LeaseNotPresentWith{level.capitalize()}Operation"
    taken = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "15"}
    taken_as = storage.send("PUT", lease, "owner", taken).headers["x-ms-lease-id"]
    broken = {"x-ms-lease-action": "break", "x-ms-lease-break-period": "0"}
    assert storage.send("PUT", lease, "owner", broken).status == 202
    lost = storage.send("DELETE", asked, "owner", {"x-ms-lease-id": taken_as})
    assert (lost.status, lost.code) == (412, "LeaseLost")
    assert f"the lease for the {level} has expired" in lost.text


COPIES = {"CopyBlob": {}, "CopyBlobFromURL": {"x-ms-requires-sync": "True"}}


@pytest.mark.parametrize(
    ("copy", "headers", "found"),
    [
        ("CopyBlob", {"x-ms-source-if-match": '"0x1"'}, (412, "SourceConditionNotMet")),
        (
            "CopyBlob",
            {"x-ms-source-if-modified-since": TOMORROW["If-Modified-Since"]},
            (412, "SourceConditionNotMet"),
        ),
        ("CopyBlob", {"If-Match": '"0x1"'}, (412, "TargetConditionNotMet")),
        ("CopyBlob", {"x-ms-source-if-none-match": '"0x1"'}, (202, "")),
        ("CopyBlobFromURL", {"x-ms-source-if-match": '"0x1"'}, (412, "CannotVerifyCopySource")),
        ("CopyBlobFromURL", {"If-Match": '"0x1"'}, (412, "ConditionNotMet")),
        ("CopyBlobFromURL", {}, (202, "")),
    ],
)
def test_a_copy_says_whose_condition_is_not_met(
    storage: Storage, blob: str, copy: str, headers: dict[str, str], found: tuple[int, str]
) -> None:
    assert storage.send("PUT", "/scratch/copy-target", "owner", BLOCK).status == 201
    source = {"x-ms-copy-source": f"https://{storage.host}{blob}"} | COPIES[copy]
    answer = storage.send("PUT", "/scratch/copy-target", "owner", source | headers)
    assert (answer.status, answer.code) == found


@pytest.mark.parametrize(
    ("copy", "code"), [("CopyBlob", "BlobNotFound"), ("CopyBlobFromURL", "CannotVerifyCopySource")]
)
def test_a_source_that_is_not_there_is_404(storage: Storage, copy: str, code: str) -> None:
    source = {"x-ms-copy-source": f"https://{storage.host}/scratch/nowhere"} | COPIES[copy]
    answer = storage.send("PUT", "/scratch/copy-target", "owner", source)
    assert (answer.status, answer.code) == (404, code)
    assert answer.reason == "The specified blob does not exist."


def test_a_source_that_is_signed_with_a_key_is_refused_as_keys_are(
    storage: Storage, blob: str
) -> None:
    source = {"x-ms-copy-source": f"https://{storage.host}{blob}?sv=2024-11-04&sig=c2ln"}
    answer = storage.send("PUT", "/scratch/copy-target", "owner", source)
    assert (answer.status, answer.code) == (403, "CannotVerifyCopySource")
    cause = answer.headers["x-ms-copy-source-error-code"]
    assert cause == "KeyBasedAuthenticationNotPermitted"
    assert "c2ln" not in storage.audit_file.read_text()


def test_a_bad_token_is_answered_by_the_front_which_repeats_nothing(storage: Storage) -> None:
    asked = {"Authorization": "Bearer x", "x-ms-client-request-id": "my-own-id"}
    answer = storage.send("GET", "/scratch/x", headers=asked)
    assert names(answer) == (ALWAYS - {"x-ms-version"}) | {
        "content-length",
        "content-type",
        "www-authenticate",
        "x-ms-error-code",
    }
    assert answer.headers["Server"] == "Microsoft-HTTPAPI/2.0"
    # Without any, the service answers.
    answer = storage.send("GET", "/scratch/x", headers={"x-ms-client-request-id": "my-own-id"})
    assert answer.headers["x-ms-client-request-id"] == "my-own-id"
    assert answer.headers["Server"] == "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"


@pytest.mark.parametrize("version", ["2018-11-09", "2019-07-07"])
def test_before_there_was_a_challenge_a_bad_token_was_no_401(
    storage: Storage, version: str
) -> None:
    def read(token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "x-ms-version": version}
        return storage.send("GET", "/scratch/x", headers=headers)

    malformed = read("x")
    assert (malformed.status, malformed.code) == (400, "InvalidAuthenticationInfo")
    assert "WWW-Authenticate" not in malformed.headers
    assert "AuthenticationErrorDetail" not in malformed.text
    expired = read(storage.token("owner", lifetime=-1))
    assert (expired.status, expired.code) == (403, "AuthenticationFailed")
    assert "Lifetime validation failed. The token is expired." in expired.text
    assert read(storage.token("owner")).code == "BlobNotFound"


def test_an_invalid_header_is_named_with_its_value(storage: Storage, blob: str) -> None:
    lease = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "7"}
    answer = storage.send("PUT", f"{blob}?comp=lease", "owner", lease)
    assert (answer.status, answer.code) == (400, "InvalidHeaderValue")
    named = "<HeaderName>x-ms-lease-duration</HeaderName><HeaderValue>7</HeaderValue>"
    assert named in answer.text


def test_a_page_blob_is_no_larger_than_eight_tebibytes(storage: Storage) -> None:
    for size, status in (("8796093022209", 400), ("8796093022208", 201)):
        page = {"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": size}
        answer = storage.send("PUT", "/scratch/large", "owner", page)
        assert answer.status == status
    assert storage.send("DELETE", "/scratch/large", "owner").status == 202


def test_an_append_wants_an_etag_that_a_blob_can_have_and_others_do_not(
    storage: Storage, blob: str
) -> None:
    bare = {"If-Match": "0x1"}
    assert storage.send("GET", blob, "owner", bare).status == 412
    storage.send("PUT", blob, "owner", {"x-ms-blob-type": "AppendBlob"})
    append = f"{blob}?comp=appendblock"
    answer = storage.send("PUT", append, "owner", bare, b"x")
    assert (answer.status, answer.code) == (400, "OutOfRangeInput")
    assert storage.send("PUT", append, "owner", {"If-Match": '"0x1"'}, b"x").status == 412
    earlier = {"If-Match": "0x8D2C9167D53FC2C"}
    assert storage.send("PUT", append, "owner", earlier, b"x").status == 412
    assert storage.send("PUT", append, "owner", {"If-Match": "*"}, b"x").status == 201


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("PUT", "/never-made?restype=container&comp=undelete", {}),
        ("PUT", "{blob}?comp=expiry", {"x-ms-expiry-option": "NeverExpire"}),
        ("POST", "{blob}?comp=query", {}),
    ],
)
def test_what_is_not_carried_out_here_has_a_code_of_azures(
    storage: Storage, blob: str, method: str, target: str, headers: dict[str, str]
) -> None:
    answer = storage.send(method, target.format(blob=blob), "owner", headers)
    assert (answer.status, answer.code) == (501, "NotImplemented")


def test_undeleting_is_refused_in_words_and_a_deletion_is_permanent(
    storage: Storage, blob: str
) -> None:
    assert storage.send("DELETE", blob, "owner").headers["x-ms-delete-type-permanent"] == "true"
    gone = storage.send("PUT", f"{blob}?comp=undelete", "owner")
    assert (gone.status, gone.code) == (501, "NotImplemented")
    assert "This sandbox ignores deleteRetentionPolicy: deleted" in gone.text
    denied = storage.send("PUT", f"{blob}?comp=undelete", "gateway")
    assert (denied.status, denied.code) == (403, "AuthorizationPermissionMismatch")


def test_a_part_of_a_batch_is_answered_as_azure_answers_it(storage: Storage, blob: str) -> None:
    token = storage.token("owner")
    parts = "".join(
        f"--b\r\nContent-Type: application/http\r\nContent-ID: {number}\r\n\r\n"
        f"DELETE {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n"
        for number, path in enumerate((blob, "/scratch/nowhere"))
    )
    content_type = {"Content-Type": "multipart/mixed; boundary=b"}
    answer = storage.send("POST", "/?comp=batch", "owner", content_type, f"{parts}--b--".encode())
    assert answer.headers["Transfer-Encoding"] == "chunked"
    boundary = answer.headers["Content-Type"].partition("boundary=")[2].encode()
    before, done, failed, end = answer.body.split(b"--" + boundary)
    assert (before, end) == (b"", b"--")
    head, rest = done.split(b"HTTP/1.1 202 Accepted\r\n")
    assert head.endswith(b"Content-ID: 0\r\n\r\n")
    assert set(re.findall(rb"^([\w-]+):", rest, re.MULTILINE)) == {
        b"x-ms-delete-type-permanent",
        b"x-ms-request-id",
        b"x-ms-version",
        b"Server",
    }
    assert rest.endswith(b"\r\n\r\n")
    assert b"HTTP/1.1 404 The specified blob does not exist.\r\n" in failed
    for line in (
        b"Server: Windows-Azure-Blob/1.0\r\n",
        b"x-ms-error-code: BlobNotFound\r\n",
        b"Content-Type: application/xml\r\n\r\n" + BOM + b"<?xml",
    ):
        assert line in failed


def test_the_sdk_reads_each_part_of_a_batch(storage: Storage, blob: str) -> None:
    container = storage.sdk("owner").get_container_client("scratch")
    name = blob.rpartition("/")[2]
    found = list(container.delete_blobs(name, "nowhere", raise_on_any_failure=False))
    assert [each.status_code for each in found] == [202, 404]
    assert found[1].headers["x-ms-error-code"] == "BlobNotFound"


def test_the_sdk_still_finds_the_code_behind_the_byte_order_mark(storage: Storage) -> None:
    blob = storage.sdk("nobody").get_blob_client("scratch", "x")
    with pytest.raises(HttpResponseError) as raised:
        blob.download_blob()
    assert "ErrorCode:AuthorizationPermissionMismatch" in str(raised.value)
    assert raised.value.reason == (
        "This request is not authorized to perform this operation using this permission."
    )
    bad = storage.sdk_with(Static("x")).get_blob_client("scratch", "x")
    with pytest.raises(HttpResponseError, match=r"missing or malformed"):
        bad.download_blob()


def test_a_host_of_another_account_is_refused_with_its_name(storage: Storage) -> None:
    answer = storage.send("GET", "/scratch/x", "owner", {"Host": HOST})
    assert f"<HeaderName>Host</HeaderName><HeaderValue>{HOST}</HeaderValue>" in answer.text
