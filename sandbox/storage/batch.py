"""A batch, taken apart and put together again: every part is a request of its own.

https://learn.microsoft.com/rest/api/storageservices/blob-batch
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sandbox.storage.errors import Failure, Refused, invalid_header
from sandbox.storage.rendering import document, headers_of, new_id, reason_of
from sandbox.storage.request import BlobRequest, Level, Target, read_request

LONGEST = 4 * 1024 * 1024
_SERVER = "Windows-Azure-Blob/1.0"
_MOST_PARTS = 256
_BOUNDARY = re.compile(r'multipart/mixed;\s*boundary="?([A-Za-z0-9_.=+-]{1,70})"?', re.IGNORECASE)
_LINE = re.compile(r"([A-Z]+) (\S+) HTTP/1\.1")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# The operations that a batch may hold; all of one batch are of the same kind.
_BATCHED = {"DELETE": "", "PUT": "tier"}


@dataclass(frozen=True)
class Part:
    """One request of a batch, and the id by which its answer is found."""

    content_id: str
    asked: BlobRequest


@dataclass(frozen=True)
class PartAnswer:
    """What came of one part."""

    content_id: str
    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes = b""


def parse_batch(body: bytes, content_type: str, batch: Target, version: str) -> list[Part]:
    """The parts of a batch on the service or on one container. Raises Refused 400.

    Too many are an answer of their own: see `serve_batch`.

    A part speaks the `version` of its batch, and one on a container reaches no other.
    """
    sections = _sections(body, content_type)
    if len(sections) > _MOST_PARTS:
        raise Refused("ExceedsMaxBatchRequestCount")
    parts = [_part(section, version) for section in sections]
    kinds = {(part.asked.method, part.asked.target.parameters.get("comp", "")) for part in parts}
    if len(kinds) != 1 or kinds - set(_BATCHED.items()):
        raise Refused("InvalidInput")
    if any(part.asked.target.level is not Level.BLOB for part in parts):
        raise Refused("InvalidInput")
    if batch.container and any(part.asked.target.container != batch.container for part in parts):
        raise Refused("InvalidInput")
    return parts


def failed(content_id: str, asked: Mapping[str, str], failure: Failure) -> PartAnswer:
    """Return the answer to a part, with the headers `asked`, that came to nothing."""
    request_id = new_id()
    headers = {**headers_of(failure, asked), "x-ms-request-id": request_id}
    body = document(failure, request_id)
    return PartAnswer(content_id, failure.status, reason_of(failure), headers, body)


def compose(answers: Iterable[PartAnswer], boundary: str) -> bytes:
    """Return the answers of a batch as one body.

    As recorded: Azure/azure-storage-python tests/recordings/
    test_blob_storage_account.test_batch_set_standard_blob_tier_api.yaml.
    """
    parts = b"".join(f"--{boundary}\r\n".encode() + _composed(each) for each in answers)
    return parts + f"--{boundary}--".encode()


def _composed(answer: PartAnswer) -> bytes:
    """A part is answered behind the front, whose name and date it lacks."""
    kept = {name: it for name, it in answer.headers.items() if name not in {"Date", "Server"}}
    headers = kept | {"Server": _SERVER}
    if answer.body:
        headers |= {"Content-Length": str(len(answer.body)), "Content-Type": "application/xml"}
    lines = [
        "Content-Type: application/http",
        *([f"Content-ID: {answer.content_id}"] if answer.content_id else []),
        "",
        f"HTTP/1.1 {answer.status} {answer.reason}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + (answer.body + b"\r\n" if answer.body else b"")


def _sections(body: bytes, content_type: str) -> list[bytes]:
    found = _BOUNDARY.fullmatch(content_type)
    if not found:
        raise invalid_header("Content-Type", content_type)
    before, *sections = (b"\r\n" + body).split(b"\r\n--" + found[1].encode())
    if before or len(sections) < 2 or not sections[-1].startswith(b"--"):
        raise Refused("InvalidInput")
    return sections[:-1]


def _part(section: bytes, version: str) -> Part:
    """Neither a part nor its request has anything behind its headers."""
    outer, _, inner = section.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    head, _, rest = inner.partition(b"\r\n\r\n")
    if rest.strip():
        raise Refused("InvalidInput")
    line, *lines = _text(head).rstrip("\r\n").split("\r\n")
    found = _LINE.fullmatch(line)
    if not found:
        raise Refused("InvalidInput")
    headers = [each for each in _headers(lines) if each[0].lower() != "x-ms-version"]
    asked = read_request(found[1], found[2], [*headers, ("x-ms-version", version)])
    return Part(_content_id(_text(outer)), asked)


def _content_id(outer: str) -> str:
    named = {name.lower(): value for name, value in _headers(outer.split("\r\n"))}
    return named.get("content-id", "")


def _headers(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        # An expression for the whole line would try each way to share the blanks in it out.
        name, colon, value = line.partition(":")
        if not colon or not _HEADER_NAME.fullmatch(name):
            raise Refused("InvalidInput")
        yield name, value.strip(" \t")


def _text(octets: bytes) -> str:
    """Raises Refused for what is not printable: a part is read as nothing but ASCII."""
    text = octets.decode("latin-1")
    if not re.fullmatch(r"[\t\r\n -~]*", text):
        raise Refused("InvalidInput")
    return text
