"""The work of each HTTP plane before it knows the caller is linear in the request's size."""

import asyncio
import socket
from collections.abc import Callable, Mapping

import pytest
from multidict import MultiDict

from sandbox.arm.name import action_and_scope
from sandbox.edge.connect import HEAD_LIMIT, ConnectError
from sandbox.edge.request_head import read_head
from sandbox.identity.endpoint import _as_kestrel_reads
from sandbox.keyvault.request import page_and_version_checked
from sandbox.storage.batch import parse_batch
from sandbox.storage.errors import StorageError
from sandbox.storage.request import parse_target, read_request
from sandbox.storage.request_xml import for_azurite
from sandbox.telemetry.serve import envelopes
from tests.growth import LINEAR, growth

Made = Callable[[int], Callable[[], object]]


def parameters(count: int) -> str:
    return "&".join(f"p{number}=1" for number in range(count))


def batch(section: str, count: int) -> Callable[[], object]:
    body = f"--b\r\n{section * count}\r\n--b--\r\n".encode()
    return lambda: parse_batch(body, "multipart/mixed; boundary=b", parse_target("/"), "2026-06-06")


def document(count: int) -> bytes:
    rules = "<RetentionPolicy><Enabled>True</Enabled><Days>1</Days></RetentionPolicy>" * count
    return f"<StorageServiceProperties>{rules}</StorageServiceProperties>".encode()


def asked(target: str, headers: list[tuple[str, str]]) -> Callable[[], object]:
    return lambda: read_request("GET", target, headers)


WORKS: Mapping[str, tuple[Made, int]] = {
    "a blob's parameters": (lambda n: asked(f"/c/b?{parameters(n)}", []), 1500),
    "a blob's path": (lambda n: asked("/c/" + "a/" * n, []), 4000),
    "a blob's escapes": (lambda n: asked("/c/" + "%41" * n, []), 4000),
    "a blob's headers": (lambda n: asked("/c/b", [(f"h{i}", "1") for i in range(n)]), 1500),
    "one blob header, repeated": (lambda n: asked("/c/b", [("accept", "1")] * n), 1500),
    "a batch's parts": (lambda n: batch("\r\n--b\r\nA: 1\r\n\r\nGET /c/b HTTP/1.1\r\n", n), 500),
    "the headers of a batch's part": (
        lambda n: batch("\r\n\r\nDELETE /c/b HTTP/1.1\r\n" + "A: 1\r\n" * n, 1),
        1500,
    ),
    "the blanks of a batch's header": (
        lambda n: batch(f"\r\n\r\nDELETE /c/b HTTP/1.1\r\nA: {' ' * n}x{' ' * n}x", 1),
        4000,
    ),
    "a blob document's elements": (
        lambda n: lambda: for_azurite("SetBlobServiceProperties", document(n)),
        500,
    ),
    "a vault's parameters": (
        lambda n: lambda: page_and_version_checked(f"api-version=7.5&{parameters(n)}"),
        1500,
    ),
    "an identity's parameters": (
        lambda n: lambda: _as_kestrel_reads(MultiDict([("a", "x" * 40)] * n)),
        4000,
    ),
    "a resource's path": (lambda n: lambda: action_and_scope("GET", "/providers/a" * n), 2000),
    "telemetry's lines": (lambda n: lambda: envelopes(b"{}\n" * n, ""), 1500),
}


@pytest.mark.parametrize("what", WORKS)
def test_eight_times_as_much_takes_about_eight_times_as_long(what: str) -> None:
    made, size = WORKS[what]
    assert growth(made, size) < LINEAR


def test_a_parameter_that_is_there_twice_in_another_case_is_still_refused() -> None:
    with pytest.raises(StorageError, match="InvalidQueryParameterValue"):
        parse_target("/c/b?Comp=list&comp=tags")


def test_a_head_that_comes_byte_by_byte_is_searched_once() -> None:
    """And one that is split in the middle of its end is still found."""

    async def read(content: bytes, pace: int = 1) -> bytes:
        theirs, ours = socket.socketpair()
        ours.setblocking(False)
        with theirs, ours:
            reading = asyncio.ensure_future(read_head(ours))
            for number in range(0, len(content), pace):
                theirs.send(content[number : number + pace])
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            return await asyncio.wait_for(reading, 30)

    for end in (b"\n\n", b"\n\r\n", b"\r\n\r\n"):
        assert asyncio.run(read(b"CONNECT a:443 HTTP/1.1" + end)) == (
            b"CONNECT a:443 HTTP/1.1" + end
        )
    with pytest.raises(ConnectError, match="longer than"):
        asyncio.run(read(b"C" + b"x" * HEAD_LIMIT, 1000))
