"""The XML documents of responses and of requests, in Azure's spelling."""

import re
import uuid

import pytest

from sandbox.storage.errors import StorageError
from sandbox.storage.request_xml import for_azurite
from sandbox.storage.response_xml import as_azure_writes
from tests.sandbox.storage.harness import Storage

BLOCK = {"x-ms-blob-type": "BlockBlob"}
BEGIN = b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><'
PROPERTIES = "/?restype=service&comp=properties"
ACL = "/scratch?restype=container&comp=acl"


@pytest.mark.parametrize(
    "target",
    [
        "/?comp=list",
        PROPERTIES,
        "/scratch?restype=container&comp=list",
        ACL,
        "/scratch/documents?comp=blocklist",
        "/scratch/documents?comp=tags",
    ],
)
def test_a_document_begins_as_azures_and_tells_no_length(storage: Storage, target: str) -> None:
    storage.send("PUT", "/scratch/documents", "owner", BLOCK, b"x")
    answer = storage.send("GET", target, "owner")
    assert answer.status == 200
    assert answer.body.startswith(BEGIN)
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in answer.headers


def test_a_blob_that_is_xml_is_not_touched(storage: Storage) -> None:
    body = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<EnumerationResults/>'
    headers = BLOCK | {"Content-Type": "application/xml"}
    storage.send("PUT", "/scratch/xml", "owner", headers, body)
    assert storage.send("GET", "/scratch/xml", "owner").body == body


def test_a_listing_repeats_what_was_asked_and_no_more(storage: Storage) -> None:
    storage.send("PUT", "/scratch/asked/of", "owner", BLOCK, b"x")
    listing = "/scratch?restype=container&comp=list"
    repeated = re.compile(r"<(Prefix|Marker|MaxResults|Delimiter)>")
    plain = storage.send("GET", listing, "owner").text.partition("<Blobs>")[0]
    assert not repeated.findall(plain)
    asked = f"{listing}&prefix=asked&maxresults=1&delimiter=/"
    head = storage.send("GET", asked, "owner").text.partition("<Blobs>")[0]
    assert set(repeated.findall(head)) == {"Prefix", "MaxResults", "Delimiter"}


def test_a_listing_names_the_properties_that_are_empty(storage: Storage) -> None:
    container = f"/empty-{uuid.uuid4().hex}"
    storage.send("PUT", f"{container}?restype=container", "owner")
    storage.send("PUT", f"{container}/a", "owner", BLOCK, b"x")
    full = {
        "x-ms-blob-content-encoding": "gzip",
        "x-ms-blob-content-language": "nl",
        "x-ms-blob-content-disposition": "inline",
        "x-ms-blob-cache-control": "no-store",
    }
    storage.send("PUT", f"{container}/b", "owner", BLOCK | full, b"x")
    found = storage.send("GET", f"{container}?restype=container&comp=list", "owner").text
    empty, said = found.split("</Blob>")[:2]
    for name in ("Content-Encoding", "Content-Language", "Content-Disposition", "Cache-Control"):
        assert empty.count(f"<{name} />") == 1
        assert f"<{name} />" not in said
        assert said.count(f"<{name}>") == 1


def test_a_name_that_looks_like_an_element_stays_a_name() -> None:
    listing = (
        b'<?xml version="1.0"?><EnumerationResults ServiceEndpoint="x"><Prefix/><Blobs><Blob>'
        b"<Name>&lt;Prefix/&gt;&lt;/Content-Type&gt;</Name></Blob></Blobs></EnumerationResults>"
    )
    written = as_azure_writes(listing, "ListBlobs", {}, "https://account/")
    assert b"<Name>&lt;Prefix/&gt;&lt;/Content-Type&gt;</Name>" in written
    assert b"<Prefix/>" not in written


@pytest.mark.parametrize(
    ("asked", "lists"),
    [
        ("", {"CommittedBlocks"}),
        ("&blocklisttype=committed", {"CommittedBlocks"}),
        ("&blocklisttype=uncommitted", {"UncommittedBlocks"}),
        ("&blocklisttype=all", {"CommittedBlocks", "UncommittedBlocks"}),
    ],
)
def test_a_block_list_has_the_lists_that_were_asked_for(
    storage: Storage, asked: str, lists: set[str]
) -> None:
    storage.send("PUT", "/scratch/listed", "owner", BLOCK, b"x")
    text = storage.send("GET", f"/scratch/listed?comp=blocklist{asked}", "owner").text
    assert set(re.findall(r"<(\w+Blocks)\b", text)) == lists


ROOT = "StorageServiceProperties"


def _retention(days: str, enabled: str = "True") -> str:
    inner = f"<Enabled>{enabled}</Enabled><Days>{days}</Days>"
    return (
        "<?xml version='1.0' encoding='utf-8'?>\n<StorageServiceProperties>"
        f"<DeleteRetentionPolicy>{inner}</DeleteRetentionPolicy></StorageServiceProperties>"
    )


def test_the_properties_of_the_service_take_true_in_any_case(storage: Storage) -> None:
    kept = "<RetentionPolicy><Enabled>True</Enabled><Days>2</Days></RetentionPolicy>"
    counted = f"<Version>1.0</Version><Enabled>True</Enabled><IncludeAPIs>True</IncludeAPIs>{kept}"
    body = f"<{ROOT}><HourMetrics>{counted}</HourMetrics></{ROOT}>".encode()
    assert storage.send("PUT", PROPERTIES, "owner", body=body).status == 202
    text = storage.send("GET", PROPERTIES, "owner").text
    assert "<RetentionPolicy><Enabled>true</Enabled><Days>2</Days>" in text
    assert storage.send("PUT", PROPERTIES, "gateway", body=body).status == 403


def test_soft_delete_is_turned_off_and_never_on(storage: Storage) -> None:
    off = storage.send("PUT", PROPERTIES, "owner", body=_retention("2", "False").encode())
    assert off.status == 202
    on = storage.send("PUT", PROPERTIES, "owner", body=_retention("2").encode())
    assert (on.status, on.code) == (501, "NotImplemented")
    assert "This sandbox ignores DeleteRetentionPolicy" in on.text


@pytest.mark.parametrize(
    ("body", "line", "column", "reason"),
    [
        # The recorded tests of retention have these two places.
        (_retention("0"), 2, 89, "Retention days must be"),
        (_retention("366"), 2, 91, "Retention days must be"),
        (_retention("٣"), 2, 89, "Retention days must be"),
        (_retention("9" * 5000), 2, 5088, "Retention days must be"),
        ("<StorageServiceProperties>", 1, 27, "Error parsing Xml content"),
        ("", 1, 1, "Error parsing Xml content"),
        ("<?xml version='1.0' encoding='none'?><a/>", 1, 1, "Error parsing Xml content"),
        ("<?xml version='1.0' encoding='utf-7'?><a/>", 1, 1, "Error parsing Xml content"),
        ("<?xml version='1.0' encoding='shift_jis'?><a/>", 1, 1, "Error parsing Xml content"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 1, 13, "Error parsing Xml content"),
        ("<a>" * 5000 + "</a>" * 5000, 1, 25, "Error parsing Xml content"),
        (f"<{ROOT}><Cors>{'<CorsRule/>' * 6}</Cors></{ROOT}>", 0, 0, ""),
    ],
)
def test_invalid_properties_are_refused_with_their_position(
    storage: Storage, body: str, line: int, column: int, reason: str
) -> None:
    answer = storage.send("PUT", PROPERTIES, "owner", body=body.encode())
    assert (answer.status, answer.code) == (400, "InvalidXmlDocument")
    assert f"<LineNumber>{line}</LineNumber><LinePosition>{column}</LinePosition>" in answer.text
    assert f"<Reason>{reason}" in answer.text
    assert storage.audited()[-1].outcome == "refused"


def test_a_retention_that_is_off_may_say_what_it_likes() -> None:
    assert b"<Days>0</Days>" in for_azurite(
        "SetBlobServiceProperties", _retention("0", "False").encode()
    )


def test_properties_that_are_too_long_are_refused_unread(storage: Storage) -> None:
    answer = storage.send("PUT", PROPERTIES, "owner", body=b" " * 70_000)
    assert (answer.status, answer.code) == (413, "RequestBodyTooLarge")


def test_an_access_policy_may_say_nothing(storage: Storage) -> None:
    inner = "<SignedIdentifier><Id>empty</Id><AccessPolicy /></SignedIdentifier>"
    body = f"<SignedIdentifiers>{inner}</SignedIdentifiers>".encode()
    assert storage.send("PUT", ACL, "owner", body=body).status == 200
    assert "<Id>empty</Id>" in storage.send("GET", ACL, "owner").text
    assert storage.send("PUT", ACL, "owner", body=b"<SignedIdentifiers />").status == 200
    assert storage.send("PUT", ACL, "owner").status == 200


def test_a_policy_that_is_no_xml_is_refused() -> None:
    with pytest.raises(StorageError) as raised:
        for_azurite("SetContainerACL", b"<SignedIdentifiers>")
    assert raised.value.code == "InvalidXmlDocument"


def test_answers_vary_by_origin_where_a_rule_is_set(storage: Storage) -> None:
    rule = (
        "<CorsRule><AllowedOrigins>https://keyless.example</AllowedOrigins>"
        "<AllowedMethods>GET</AllowedMethods><AllowedHeaders /><ExposedHeaders />"
        "<MaxAgeInSeconds>60</MaxAgeInSeconds></CorsRule>"
    )
    target = "/scratch/xml"
    for rules, origins in ((rule, ["Origin"]), ("", None)):
        body = f"<StorageServiceProperties><Cors>{rules}</Cors></StorageServiceProperties>"
        assert storage.send("PUT", PROPERTIES, "owner", body=body.encode()).status == 202
        for method, who in (("GET", "owner"), ("HEAD", "owner"), ("GET", "nobody")):
            assert storage.send(method, target, who).headers.get_all("Vary") == origins
        assert "Vary" not in storage.send("PUT", target, "owner", BLOCK).headers


def test_an_empty_policy_is_listed_as_none(storage: Storage) -> None:
    container = storage.sdk("owner").get_container_client("scratch")
    container.set_container_access_policy({"empty": None})  # type: ignore[dict-item]
    (found,) = container.get_container_access_policy()["signed_identifiers"]
    assert (found.id, found.access_policy) == ("empty", None)


def test_a_container_says_that_it_keeps_no_blob_from_change(storage: Storage) -> None:
    for version, says in (("2025-11-05", "false"), ("2020-02-10", None)):
        headers = {"x-ms-version": version}
        answer = storage.send("HEAD", "/scratch?restype=container", "owner", headers)
        assert answer.headers.get("x-ms-immutable-storage-with-versioning-enabled") == says
        listed = storage.send("GET", "/?comp=list", "owner", headers).text
        element = "<ImmutableStorageWithVersioningEnabled>false</"
        assert (element in listed) is (says is not None)


def test_a_listing_in_no_version_is_that_of_the_latest() -> None:
    head = b"<EnumerationResults ServiceEndpoint='x'><Containers><Container><Name>a</Name>"
    listing = head + (
        b"<Properties><HasLegalHold>false</HasLegalHold></Properties></Container></Containers>"
        b"</EnumerationResults>"
    )
    for version, says in (("", True), ("2025-11-05", True), ("2020-02-10", False)):
        written = as_azure_writes(
            listing, "ListContainers", {}, "https://account/", version=version
        )
        assert (b"ImmutableStorageWithVersioningEnabled" in written) is says
