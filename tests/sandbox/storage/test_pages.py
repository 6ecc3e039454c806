"""Lists come in pages, whatever their markers and names hold."""

import re
import uuid
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.storage.paging import marker_to, place_of
from tests.sandbox.storage.harness import Storage

BLOCK = {"x-ms-blob-type": "BlockBlob"}
ODD = "odd\ufffe/\uffff & <b>"


@pytest.fixture
def container(storage: Storage) -> str:
    name = f"pages-{uuid.uuid4().hex}"
    storage.sdk("owner").create_container(name)
    return name


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_marker_leads_to_the_place_that_it_was_made_of(place: str) -> None:
    marker = marker_to(place)
    assert re.fullmatch(r"[A-Za-z0-9_=!-]+", marker)
    assert place_of(marker) == place


@settings(max_examples=50)
@given(st.text(max_size=20))
def test_text_that_was_not_encoded_is_no_marker(text: str) -> None:
    place = place_of(text)
    assert place is None or marker_to(place) == text


@pytest.mark.parametrize(
    "marker", ["a%2Fb", "2!5!YWJj", "2!4!YWJj%00", "%EF%BF%BE", "2!4!%2F%2F%2F%2F", "2!4!YWJ="]
)
def test_a_marker_that_was_not_given_out_is_refused(
    storage: Storage, container: str, marker: str
) -> None:
    for target in (
        "/?comp=list",
        f"/{container}?restype=container&comp=list",
        "/?comp=blobs&where=%22k%22%3D%27v%27",
    ):
        answer = storage.send("GET", f"{target}&marker={marker}", "owner")
        assert (answer.status, answer.code) == (400, "InvalidQueryParameterValue")
        assert "<QueryParameterName>marker</QueryParameterName>" in answer.text


@pytest.mark.parametrize("parameter", ["prefix=%00", "delimiter=%01", "prefix=%1F"])
def test_a_parameter_that_xml_cannot_hold_is_refused(
    storage: Storage, container: str, parameter: str
) -> None:
    target = f"/{container}?restype=container&comp=list&{parameter}"
    answer = storage.send("GET", target, "owner")
    assert (answer.status, answer.code) == (400, "InvalidQueryParameterValue")
    allowed = target.rpartition("=")[0] + "=a"
    assert storage.send("GET", allowed, "owner").status == 200


def test_a_page_of_nothing_is_out_of_range(storage: Storage, container: str) -> None:
    target = f"/{container}?restype=container&comp=list&maxresults="
    answer = storage.send("GET", f"{target}0", "owner")
    assert (answer.status, answer.code) == (400, "OutOfRangeQueryParameterValue")
    assert storage.send("GET", f"{target}1", "owner").status == 200


def test_names_that_xml_cannot_hold_are_listed_page_by_page(
    storage: Storage, container: str
) -> None:
    client = storage.sdk("owner").get_container_client(container)
    names = [ODD, "odd\ufffe/\uffff2", "plain"]
    for name in names:
        client.upload_blob(name, b"x", tags={"k": "v"}, metadata={"NextMarker": "mine"})
        assert client.download_blob(name).readall() == b"x"
    pages = client.list_blobs(results_per_page=1, include=["metadata"]).by_page()
    assert [[each.name for each in page] for page in pages] == [[each] for each in sorted(names)]
    folders = client.walk_blobs(delimiter="/")
    assert [each.name for each in folders] == ["odd\ufffe/", "plain"]
    assert [each.name for each in client.list_blobs(name_starts_with="odd\ufffe")] == names[:2]
    found = client.find_blobs_by_tags("\"k\"='v'", results_per_page=1)
    assert len(list(found)) == 3
    client.delete_blob(ODD)


def test_a_name_that_is_encoded_says_so(storage: Storage, container: str) -> None:
    storage.send("PUT", f"/{container}/a%EF%BF%BEb%25", "owner", BLOCK)
    storage.send("PUT", f"/{container}/plain%25", "owner", BLOCK)
    listed = storage.send("GET", f"/{container}?restype=container&comp=list", "owner")
    assert '<Name Encoded="true">a%EF%BF%BEb%25</Name>' in listed.text
    assert "<Name>plain%</Name>" in listed.text
    ElementTree.fromstring(listed.body)  # noqa: S314 (the sandbox wrote it)


def test_blobs_are_found_by_tags_among_others_page_by_page(
    storage: Storage, container: str
) -> None:
    """Five of thirty carry the tag, in two containers that hold the same names."""
    service = storage.sdk("owner")
    other = f"{container}-2"
    service.create_container(other)
    tag = f"t{uuid.uuid4().hex[:8]}"
    for name in (container, other):
        for number in range(15):
            tags = {tag: "v"} if number % 3 == 0 else {"another": "v"}
            service.get_blob_client(name, f"{number:02}").upload_blob(b"x", tags=tags)
    wanted = {(name, f"{number:02}") for name in (container, other) for number in range(0, 15, 3)}
    for size in (1, 2, 3, 100):
        pages = service.find_blobs_by_tags(f"\"{tag}\"='v'", results_per_page=size).by_page()
        found = [[(each.container_name, each.name) for each in page] for page in pages]
        assert all(len(page) == size for page in found[:-1])
        assert sorted(each for page in found for each in page) == sorted(wanted)
    here = service.get_container_client(container).find_blobs_by_tags(f"\"{tag}\"='v'")
    assert {each.container_name for each in here} == {container}


def test_page_ranges_come_page_by_page(storage: Storage, container: str) -> None:
    client = storage.sdk("owner").get_blob_client(container, "pages")
    client.create_page_blob(5 * 1024)
    for number in range(0, 10, 2):
        client.upload_page(b"x" * 512, offset=512 * number, length=512)
    starts = [1024 * number for number in range(5)]
    for size, lengths in ((2, [2, 2, 1]), (5, [5]), (6, [5])):
        pages = [list(each) for each in client.list_page_ranges(results_per_page=size).by_page()]
        assert [len(page) for page in pages] == lengths
        assert [each.start for page in pages for each in page] == starts
    elsewhere = marker_to("a name")
    target = f"/{container}/pages?comp=pagelist&marker={elsewhere}"
    assert storage.send("GET", target, "owner").code == "InvalidQueryParameterValue"
