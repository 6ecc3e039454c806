"""Every condition that Microsoft's SDK can send is carried out or refused; none is passed over."""

import importlib
import inspect
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.blob import BlobLeaseClient

from sandbox.storage.allowlist import carried
from sandbox.storage.errors import StorageError
from sandbox.storage.operations import OPERATIONS, Operation
from sandbox.storage.request import Level
from tests.sandbox.storage.harness import BLOBS, Answer, Storage
from tests.sandbox.storage.requests_of_rows import azurites_of, headers_of, row_id, target_of

GENERATED = "azure.storage.blob._generated.operations"
CONDITION = re.compile(r"(x-ms-(blob-|source-|access-tier-)?)?if-.*|x-ms-blob-condition-.*")
NOT_MET_IN_TIME = "Fri, 01 Jan 2100 00:00:00 GMT"
LONG_AGO = "Sat, 01 Jan 2000 00:00:00 GMT"
TAGS = b"<Tags><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tags>"
# Values that a blob of 512 bytes, tagged k=v, with the sequence number 10, meets and does not meet.
NOT_MET = {
    "if-match": '"0x1"',
    "if-modified-since": NOT_MET_IN_TIME,
    "if-none-match": "{etag}",
    "if-tags": "\"k\"='another'",
    "if-unmodified-since": LONG_AGO,
    "appendpos": "7",
    "maxsize": "511",
    "if-sequence-number-eq": "7",
    "if-sequence-number-le": "9",
    "if-sequence-number-lt": "10",
}
MET = {
    "if-match": "{etag}",
    "if-modified-since": LONG_AGO,
    "if-none-match": '"0x1"',
    "if-tags": "\"k\"='v'",
    "if-unmodified-since": NOT_MET_IN_TIME,
    "appendpos": "512",
    "maxsize": "5120",
    "if-sequence-number-eq": "10",
    "if-sequence-number-le": "10",
    "if-sequence-number-lt": "11",
}
BODIES = {
    "AppendBlock": b"x",
    "PutBlob": b"",
    "PutBlock": b"x",
    "PutBlockList": b"<BlockList/>",
    "PutPage": b"x" * 512,
    "SetBlobTags": TAGS,
}
LEASED = re.compile("(Release|Renew|Change|Break)(Blob|Container)Lease")


def documented() -> dict[str, set[str]]:
    """Return the conditions that the SDK can set, by the name of the operation."""
    found: dict[str, set[str]] = {}
    for kind in ("append_blob", "blob", "block_blob", "container", "page_blob"):
        module = importlib.import_module(f"{GENERATED}._{kind}_operations")
        for name, build in inspect.getmembers(module, inspect.isfunction):
            if match := re.fullmatch("build_(.*)_request", name):
                headers = re.findall(r'_headers\["([^"]+)"\]', inspect.getsource(build))
                conditions = {each.lower() for each in headers if CONDITION.fullmatch(each.lower())}
                found[f"{kind}{match[1]}".replace("_", "")] = conditions
    return found


def pairs() -> Iterator[tuple[Operation, str]]:
    known = documented()
    for row in OPERATIONS:
        for azurite in azurites_of(row):
            for condition in sorted(known.get(azurite.replace("_", "").lower(), ())):
                if row.offered:
                    yield row, condition


PAIRS = list(pairs())
CARRIED_OUT = [(row, condition) for row, condition in PAIRS if condition in row.headers]


def names(each: list[tuple[Operation, str]]) -> list[str]:
    return [f"{row_id(row)} {condition}" for row, condition in each]


def test_the_sdk_and_the_table_speak_of_the_same_operations() -> None:
    offered = (row for row in OPERATIONS if row.offered)
    rows = {azurite.replace("_", "").lower() for row in offered for azurite in azurites_of(row)}
    without = {name for name, conditions in documented().items() if conditions} - rows
    # Not offered here, or distinguished by a parameter that is refused.
    assert without == {
        "blobquery",
        "blobsetimmutabilitypolicy",
        "pageblobcopyincremental",
        "pageblobgetpagerangesdiff",
    }
    assert len(PAIRS) > 200


@pytest.mark.parametrize(("row", "condition"), PAIRS, ids=names(PAIRS))
def test_a_condition_is_known_or_refused(row: Operation, condition: str) -> None:
    sent = {condition: valued(condition, MET, '"0x1"')}
    if condition in row.headers:
        assert dict(carried(row, sent)) == sent
        return
    with pytest.raises(StorageError) as raised:
        dict(carried(row, sent))
    assert raised.value.code == "UnsupportedHeader"
    assert raised.value.details == {"HeaderName": condition}


def valued(condition: str, values: dict[str, str], etag: str) -> str:
    key = re.sub("x-ms-(access-tier-|blob-|source-)?(condition-|(?=if-))", "", condition)
    return values[key].format(etag=etag)


@dataclass
class Stage:
    """A blob, or a container, that an operation is about, and a blob to copy from."""

    storage: Storage
    row: Operation
    container: str = "scratch"
    blob: str = field(default_factory=lambda: uuid.uuid4().hex)
    etags: dict[str, str] = field(default_factory=dict)
    lease: str = ""

    def prepare(self) -> None:
        if self.row.level is Level.CONTAINER:
            self.container = f"conditions-{uuid.uuid4().hex}"
            self._put(f"/{self.container}?restype=container", {})
        else:
            self._make(self.blob)
            self._make("source")
        if LEASED.fullmatch(self.row.name):
            headers = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"}
            answer = self._put(self.target, headers)
            self.lease = answer.headers["x-ms-lease-id"]

    def _make(self, name: str) -> None:
        path, tags = f"/{self.container}/{name}", {"x-ms-tags": "k=v"}
        kind = re.sub("Blob_.*", "Blob", azurites_of(self.row)[0])
        if kind == "PageBlob" and name != "source":
            page = {"x-ms-blob-content-length": "512", "x-ms-blob-sequence-number": "10"}
            self._put(path, {"x-ms-blob-type": kind} | page | tags)
        elif kind == "AppendBlob" and name != "source":
            self._put(path, {"x-ms-blob-type": kind} | tags)
            self._put(f"{path}?comp=appendblock", {}, b"x" * 512)
        else:
            self._put(path, {"x-ms-blob-type": "BlockBlob"} | tags, b"x" * 512)
        self.etags[name] = self.storage.send("HEAD", path, "owner").headers["ETag"]

    @property
    def target(self) -> str:
        return target_of(self.row, self.container, self.blob).replace('"', "%22")

    def _put(self, target: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        answer = self.storage.send("PUT", target, "owner", headers, body)
        assert answer.status < 300, answer.body
        return answer

    def ask(self, condition: str, values: dict[str, str]) -> Answer:
        etag = self.etags.get("source" if "source" in condition else self.blob, "")
        headers = headers_of(self.row, self.storage.host, f"{self.container}/source")
        headers |= {condition: valued(condition, values, etag)}
        if self.row.reads_source:
            headers["x-ms-copy-source-authorization"] = f"Bearer {self.storage.token('owner')}"
        if "x-ms-page-write" in headers:
            headers |= {"x-ms-range": "bytes=0-511"}
            headers |= {"x-ms-source-range": "bytes=0-511"} if self.row.reads_source else {}
        if self.lease and "x-ms-lease-id" in headers:
            headers["x-ms-lease-id"] = self.lease
        body = BODIES.get(self.row.name, b"") if self.row.body else b""
        return self.storage.send(self.row.method, self.target, "owner", headers, body)


@pytest.mark.parametrize(("row", "condition"), CARRIED_OUT, ids=names(CARRIED_OUT))
def test_a_condition_that_is_not_met_refuses_what_one_that_is_met_lets_pass(
    storage: Storage, row: Operation, condition: str
) -> None:
    stage = Stage(storage, row)
    stage.prepare()
    refused = stage.ask(condition, NOT_MET)
    assert refused.status in {304, 412}, (refused.status, refused.body)
    done = stage.ask(condition, MET)
    assert done.status < 300, (done.status, done.body)


@pytest.fixture
def blob(storage: Storage) -> str:
    path = f"/scratch/{uuid.uuid4().hex}"
    tagged = {"x-ms-blob-type": "BlockBlob", "x-ms-tags": "k=v"}
    assert storage.send("PUT", path, "owner", tagged, b"light").status == 201
    return path


@pytest.mark.parametrize(
    "beside", [{"If-Match": "*"}, {"If-None-Match": '"0x1"'}, {"If-Unmodified-Since": "{later}"}]
)
def test_tags_are_looked_at_beside_another_condition(
    storage: Storage, blob: str, beside: dict[str, str]
) -> None:
    others = {key: value.format(later=NOT_MET_IN_TIME) for key, value in beside.items()}
    for tag, status in (("another", 412), ("v", 200)):
        headers = others | {"x-ms-if-tags": f"\"k\"='{tag}'"}
        assert storage.send("PUT", f"{blob}?comp=metadata", "owner", headers).status == status


def test_if_none_match_any_refuses_a_write_that_makes_no_blob(storage: Storage, blob: str) -> None:
    new = {"If-None-Match": "*"}
    for target, headers in (
        (f"{blob}?comp=metadata", {"x-ms-meta-a": "b"}),
        (f"{blob}?comp=properties", {"x-ms-blob-content-type": "text/plain"}),
        (f"{blob}?comp=lease", {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "15"}),
    ):
        refused = storage.send("PUT", target, "owner", headers | new)
        assert (refused.status, refused.code) == (412, "ConditionNotMet")
        assert storage.send("PUT", target, "owner", headers).status < 300


def test_a_blob_of_staged_blocks_is_not_there_yet(storage: Storage, blob: str) -> None:
    new = {"If-None-Match": "*"}
    source = {"x-ms-copy-source": f"https://{storage.host}{blob}"}
    for headers in (
        {"x-ms-blob-type": "BlockBlob"},
        source,
        source | {"x-ms-requires-sync": "true"},
    ):
        path = f"/scratch/{uuid.uuid4().hex}"
        staged = storage.send("PUT", f"{path}?comp=block&blockid=QQ%3D%3D", "owner", {}, b"x")
        assert staged.status == 201
        assert storage.send("PUT", path, "owner", headers | new).status in {201, 202}
        again = storage.send("PUT", path, "owner", headers | new)
        assert (again.status, again.code) == (409, "BlobAlreadyExists")


@pytest.mark.parametrize("new", [{}, {"If-None-Match": "*"}])
def test_a_lease_of_a_blob_that_is_not_there_is_none(
    storage: Storage, blob: str, new: dict[str, str]
) -> None:
    leased = new | {"x-ms-lease-id": str(uuid.uuid4())}
    source = {"x-ms-copy-source": f"https://{storage.host}{blob}"}
    for query, headers, body in (
        ("", {"x-ms-blob-type": "BlockBlob"}, b"x"),
        ("", {"x-ms-blob-type": "AppendBlob"}, b""),
        ("", source, b""),
        ("", source | {"x-ms-requires-sync": "true"}, b""),
        ("?comp=block&blockid=QQ%3D%3D", {}, b"x"),
        ("?comp=blocklist", {}, b"<BlockList/>"),
    ):
        path = f"/scratch/{uuid.uuid4().hex}"
        refused = storage.send("PUT", f"{path}{query}", "owner", headers | leased, body)
        assert (refused.status, refused.code) == (412, "LeaseNotPresentWithBlobOperation")
        assert "There is currently no lease on the blob." in refused.text
        made = storage.send("PUT", f"{path}{query}", "owner", headers | new, body)
        assert made.status in {201, 202}


def test_the_sdk_overwrites_with_the_lease_that_it_holds(storage: Storage, blob: str) -> None:
    client = storage.sdk("owner").get_blob_client("scratch", blob.rpartition("/")[2])
    lease = client.acquire_lease(15)
    client.upload_blob(b"again", overwrite=True, lease=lease)
    client.upload_blob(b"once more", overwrite=False, lease=lease)
    assert client.download_blob().readall() == b"once more"
    with pytest.raises(HttpResponseError, match="LeaseIdMismatch"):
        client.upload_blob(b"never", overwrite=False, lease=BlobLeaseClient(client))
    with pytest.raises(HttpResponseError, match="LeaseIdMissing"):
        client.upload_blob(b"never", overwrite=False)
    lease.release()
    with pytest.raises(ResourceExistsError):
        client.upload_blob(b"never", overwrite=False)
    assert client.download_blob().readall() == b"once more"


def test_a_lease_does_not_make_an_overwrite_of_the_right_to_add(
    storage: Storage, blob: str
) -> None:
    name = blob.rpartition("/")[2]
    lease = storage.sdk("owner").get_blob_client("scratch", name).acquire_lease(15)
    adding = storage.sdk(f"{BLOBS}/add/action").get_blob_client("scratch", name)
    for held in (lease, None):
        with pytest.raises(HttpResponseError, match="UnauthorizedBlobOverwrite"):
            adding.upload_blob(b"replaced", overwrite=True, lease=held)
    assert storage.send("GET", blob, "owner").body != b"replaced"


@pytest.mark.parametrize("value", ["yesterday", "", "Fri, 31 Feb 2100 00:00:00 GMT", "9" * 30])
def test_an_empty_or_malformed_condition_is_refused(
    storage: Storage, blob: str, value: str
) -> None:
    for method, target in (("GET", blob), ("PUT", f"{blob}?comp=metadata"), ("DELETE", blob)):
        answer = storage.send(method, target, "owner", {"If-Unmodified-Since": value})
        assert (answer.status, answer.code) == (400, "InvalidHeaderValue")
    assert storage.send("DELETE", blob, "owner", {"If-Match": ""}).code == "InvalidHeaderValue"
    assert storage.send("GET", blob, "owner").status == 200


def test_a_condition_on_the_lease_of_a_source_is_refused(storage: Storage, blob: str) -> None:
    source = {"x-ms-copy-source": f"https://{storage.host}{blob}"}
    leased = source | {"x-ms-source-lease-id": str(uuid.uuid4())}
    refused = storage.send("PUT", f"{blob}-copy", "owner", leased)
    assert (refused.status, refused.code) == (400, "UnsupportedHeader")
    assert storage.send("PUT", f"{blob}-copy", "owner", source).status == 202


@pytest.mark.parametrize("seal", ["true", "True"])
def test_a_copy_may_be_sealed_however_the_header_is_written(storage: Storage, seal: str) -> None:
    path = f"/scratch/{uuid.uuid4().hex}"
    assert storage.send("PUT", path, "owner", {"x-ms-blob-type": "AppendBlob"}).status == 201
    source = {"x-ms-copy-source": f"https://{storage.host}{path}", "x-ms-seal-blob": seal}
    assert storage.send("PUT", f"{path}-copy", "owner", source).status == 202
    refused = storage.send("PUT", f"{path}-copy?comp=appendblock", "owner", {}, b"x")
    assert (refused.status, refused.code) == (409, "BlobIsSealed")
    assert storage.send("PUT", f"{path}?comp=appendblock", "owner", {}, b"x").status == 201


def test_a_copy_of_a_sealed_blob_is_sealed_unless_it_asks_otherwise(storage: Storage) -> None:
    container: Any = storage.sdk("owner").get_container_client("scratch")
    sealed = container.get_blob_client(uuid.uuid4().hex)
    sealed.create_append_blob()
    assert sealed.get_blob_properties().get("is_append_blob_sealed") is None
    sealed.seal_append_blob()
    for options, expected in (({}, True), ({"seal_destination_blob": False}, None)):
        copy = container.get_blob_client(uuid.uuid4().hex)
        copy.start_copy_from_url(sealed.url, **options)
        assert copy.get_blob_properties().get("is_append_blob_sealed") is expected


@pytest.mark.parametrize("side", ["x-ms-source-if-tags", "x-ms-if-tags"])
def test_a_copy_says_of_tags_only_that_a_condition_is_not_met(storage: Storage, side: str) -> None:
    path = f"/scratch/{uuid.uuid4().hex}"
    tagged = {"x-ms-blob-type": "BlockBlob", "x-ms-tags": "kind=light"}
    assert storage.send("PUT", path, "owner", tagged, b"x").status == 201
    copy = {"x-ms-copy-source": f"https://{storage.host}{path}"}
    refused = storage.send("PUT", path, "owner", copy | {side: "\"kind\"='dark'"})
    assert (refused.status, refused.code) == (412, "ConditionNotMet")
    assert storage.send("PUT", path, "owner", copy | {side: "\"kind\"='light'"}).status == 202


def test_the_tier_smart_is_refused_in_words(storage: Storage, blob: str) -> None:
    smart = {"x-ms-access-tier": "Smart"}
    whole = {"x-ms-blob-type": "BlockBlob"} | smart
    for target, headers in ((f"{blob}?comp=tier", smart), (blob, whole)):
        answer = storage.send("PUT", target, "owner", headers)
        assert (answer.status, answer.code) == (501, "NotImplemented")
        assert "This sandbox does not offer the tier Smart." in answer.text
    assert (
        storage.send("PUT", f"{blob}?comp=tier", "owner", {"x-ms-access-tier": "Cool"}).status
        == 200
    )


def test_the_sdk_seals_at_the_position_that_it_knows(storage: Storage) -> None:
    client = storage.sdk("owner").get_blob_client("scratch", uuid.uuid4().hex)
    client.create_append_blob()
    client.append_block(b"light")
    with pytest.raises(HttpResponseError, match="AppendPositionConditionNotMet"):
        client.seal_append_blob(appendpos_condition=4)
    assert client.seal_append_blob(appendpos_condition=5)["blob_sealed"] is True
