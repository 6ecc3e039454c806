"""The parts of a batch, each a request of its own, and the response that holds their answers.

https://learn.microsoft.com/rest/api/storageservices/blob-batch
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from multidict import CIMultiDict

from sandbox.storage.errors import StorageError, invalid_header, refusal
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
    request: BlobRequest


@dataclass(frozen=True)
class PartAnswer:
    """The answer to one part."""

    content_id: str
    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes = b""


def parse_batch(body: bytes, content_type: str, batch: Target, version: str) -> list[Part]:
    """Return the parts of a batch on the service or on one container. Raises Refusal 400.

    A part has the `version` of its batch. The parts of a batch on a container reach no other.
    """
    sections = _sections(body, content_type)
    if len(sections) > _MOST_PARTS:
        raise refusal("ExceedsMaxBatchRequestCount")
    parts = [_part(section, version) for section in sections]
    requests = [part.request for part in parts]
    kinds = {(each.method, each.target.parameters.get("comp", "")) for each in requests}
    if len(kinds) != 1 or kinds - set(_BATCHED.items()):
        raise refusal("InvalidInput")
    if any(each.target.level is not Level.BLOB for each in requests):
        raise refusal("InvalidInput")
    if batch.container and any(each.target.container != batch.container for each in requests):
        raise refusal("InvalidInput")
    return parts


def failed(content_id: str, sent: Mapping[str, str], error: StorageError) -> PartAnswer:
    """Return the error as the answer to a part with the headers `sent`."""
    request_id = new_id()
    headers = {**headers_of(error, sent), "x-ms-request-id": request_id}
    body = document(error, request_id)
    return PartAnswer(content_id, error.status, reason_of(error), headers, body)


def compose(answers: Iterable[PartAnswer], boundary: str) -> bytes:
    """Return the answers of a batch as one body.

    As recorded: Azure/azure-storage-python tests/recordings/
    test_blob_storage_account.test_batch_set_standard_blob_tier_api.yaml.
    """
    parts = b"".join(f"--{boundary}\r\n".encode() + _composed(each) for each in answers)
    return parts + f"--{boundary}--".encode()


def _composed(answer: PartAnswer) -> bytes:
    """Return a part as the service answers it: without the name and the date of the front end."""
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
        raise refusal("InvalidInput")
    return sections[:-1]


def _part(section: bytes, version: str) -> Part:
    """Return a part. Raises Refusal for one with a body: neither it nor its request has one."""
    outer, _, inner = section.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    head, _, rest = inner.partition(b"\r\n\r\n")
    if rest.strip():
        raise refusal("InvalidInput")
    line, *lines = _text(head).rstrip("\r\n").split("\r\n")
    found = _LINE.fullmatch(line)
    if not found:
        raise refusal("InvalidInput")
    read = read_request(found[1], found[2], _headers(lines))
    headers = CIMultiDict(read.headers)
    headers["x-ms-version"] = version
    return Part(_content_id(_text(outer)), replace(read, headers=headers))


def _content_id(outer: str) -> str:
    named = {name.lower(): value for name, value in _headers(outer.split("\r\n"))}
    return named.get("content-id", "")


def _headers(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        # A pattern for the whole line would backtrack over every way to divide its blanks.
        name, colon, value = line.partition(":")
        if not colon or not _HEADER_NAME.fullmatch(name):
            raise refusal("InvalidInput")
        yield name, value.strip(" \t")


def _text(octets: bytes) -> str:
    """Return printable ASCII. Raises Refusal for anything else."""
    text = octets.decode("latin-1")
    if not re.fullmatch(r"[\t\r\n -~]*", text):
        raise refusal("InvalidInput")
    return text
