"""Paths and parameters: legal ones stay themselves, ambiguous ones are refused."""

import re
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.storage.errors import StorageError
from sandbox.storage.request import Level, Target, parse_target

LEGAL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\\ufffe\uffff"),
    min_size=1,
    max_size=80,
).filter(lambda text: {".", ".."}.isdisjoint(text.split("/")))


def code(raw: str) -> str:
    with pytest.raises(StorageError) as raised:
        parse_target(raw)
    return raised.value.code


@settings(deadline=None)
@given(LEGAL)
def test_a_blob_name_is_decoded_once_and_spelled_in_one_way(name: str) -> None:
    target = parse_target("/container/" + quote(name, safe=""))
    assert target == Target("container", name)
    assert parse_target(target.path) == target
    assert re.fullmatch(r"/container/[A-Za-z0-9%._~/-]+", target.path)


@settings(deadline=None)
@given(LEGAL)
def test_a_name_that_looks_encoded_is_not_decoded_twice(name: str) -> None:
    assert parse_target("/container/" + quote(quote(name, safe=""), safe="")).blob == quote(
        name, safe=""
    )


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), LEGAL, max_size=4))
def test_parameters_are_decoded_once(parameters: dict[str, str]) -> None:
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in parameters.items())
    found = parse_target(f"/?{query}")
    assert {**found.parameters, **found.sas} == parameters


@settings(deadline=None)
@given(st.text(max_size=60))
def test_nothing_but_a_refusal_comes_of_a_bad_target(raw: str) -> None:
    try:
        target = parse_target("/" + raw)
    except StorageError:
        return
    assert parse_target(target.path).blob == target.blob


@pytest.mark.parametrize(
    ("raw", "level", "container", "blob"),
    [
        ("/", Level.SERVICE, "", ""),
        ("/c-1", Level.CONTAINER, "c-1", ""),
        ("/pictures?restype=container", Level.CONTAINER, "pictures", ""),
        ("/pictures/?restype=container", Level.CONTAINER, "pictures", ""),
        ("/pictures/a/b", Level.BLOB, "pictures", "a/b"),
        ("/pictures/a%2Fb", Level.BLOB, "pictures", "a/b"),
        ("/pictures/a%5Cb", Level.BLOB, "pictures", "a/b"),
        ("/pictures//a", Level.BLOB, "pictures", "/a"),
        ("/pictures/a//b/", Level.BLOB, "pictures", "a//b/"),
        ("/pictures/...", Level.BLOB, "pictures", "..."),
        ("/pictures/%2525", Level.BLOB, "pictures", "%25"),
        ("/pictures/a+b", Level.BLOB, "pictures", "a+b"),
        ("/favicon.ico", Level.BLOB, "$root", "favicon.ico"),
        ("/$root/favicon.ico", Level.BLOB, "$root", "favicon.ico"),
    ],
)
def test_a_target_is_what_azure_takes_it_for(
    raw: str, level: Level, container: str, blob: str
) -> None:
    if raw == "/c-1":
        raw += "?restype=container"
    target = parse_target(raw)
    assert (target.level, target.container, target.blob) == (level, container, blob)


@pytest.mark.parametrize(
    "raw",
    [
        "*",
        "account.blob.core.windows.net:443",
        "https://account.blob.core.windows.net/container/blob",
        "/container/blob#?comp=tags",
        "/container/../other/blob",
        "/container/%2e%2e/other/blob",
        "/container/a/..",
        "/container/a%5C..%5Cb",
        "/container/./a",
        "/container/%C0%AE%C0%AE/a",
        "/container/%ff",
        "/container/\udcff",
        "/container/%",
        "/container/%4",
        "/container/%u0041",
        "/container/%00",
        "/container/a%0Bb",
        "/container/" + "a" * 1025,
        "/container%2Fblob",
        "/container%5Cblob",
    ],
)
def test_a_target_that_could_be_read_twice_names_nothing(raw: str) -> None:
    assert code(raw) == "InvalidUri"


@pytest.mark.parametrize(
    "raw",
    [
        "/container%2Fblob/x",
        "/Container/blob",
        "/container_1/blob",
        "/con--tainer/blob",
        "/-container/blob",
        "/co/blob",
        "//container/blob",
        "/..%2Fcontainer/blob",
        "/container\n/blob",
        "/$logs/blob",
        "/" + "a" * 64 + "/blob",
    ],
)
def test_what_is_no_container_never_becomes_part_of_a_scope(raw: str) -> None:
    assert code(raw) == "InvalidResourceName"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("comp=tags&comp=tags", "InvalidQueryParameterValue"),
        ("comp=tags&COMP=acl", "InvalidQueryParameterValue"),
        ("%63omp=tags", "UnsupportedQueryParameter"),
        ("comp%5B%5D=tags", "UnsupportedQueryParameter"),
        ("comp%00=tags", "UnsupportedQueryParameter"),
        ("comp", "UnsupportedQueryParameter"),
        ("=tags", "UnsupportedQueryParameter"),
        ("comp=%ff", "InvalidUri"),
    ],
)
def test_a_parameter_stands_once_and_plainly(query: str, expected: str) -> None:
    assert code(f"/container/blob?{query}") == expected
