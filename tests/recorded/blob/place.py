"""A container and a blob for one row alone, and the steps that lead to the row's question."""

import base64
import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from tests.sandbox.storage.harness import Answer, Storage

_LEASE = {"container": "restype=container&comp=lease", "blob": "comp=lease"}
_NAMES = {"etag": "ETag", "lease": "x-ms-lease-id", "copy": "x-ms-copy-id"}


@dataclass
class Place:
    """`known` holds the values that the steps found, for requests that name them in braces."""

    account: Storage
    known: dict[str, str] = field(default_factory=dict)
    container: str = field(default_factory=lambda: f"recorded-{uuid.uuid4().hex}")
    blob: str = "blob"

    def __post_init__(self) -> None:
        token = self.account.token("owner")
        self.known |= {"host": self.account.host, "container": self.container, "token": token}

    def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        who: str | None = "owner",
    ) -> Answer:
        """Send a request, with the known values filled in."""
        sent = {key: value.format(**self.known) for key, value in (headers or {}).items()}
        return self.account.send(method, target.format(**self.known), who, sent, body)

    def path(self, level: str) -> str:
        """Return the path of the account, of the container, or of the blob."""
        return {
            "service": "/",
            "container": f"/{self.container}",
            "blob": f"/{self.container}/{quote(self.blob)}",
        }[level]

    def do(
        self,
        method: str,
        level: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        """Send a preparing request, and keep the facts of its answer."""
        target = f"{self.path(level)}?{query}" if query else self.path(level)
        answer = self.ask(method, target, headers, body)
        assert answer.status < 300, (method, target, answer.status, answer.body)
        for name, header in _NAMES.items():
            if header in answer.headers:
                self.known[name] = answer.headers[header]


_OWN_KEY = b"0" * 32
Step = Callable[[Place], None]


def container(place: Place) -> None:
    """Create the container, unless it exists."""
    answer = place.ask("PUT", "/{container}?restype=container", {"x-ms-meta-hello": "world"})
    assert answer.status in {201, 409}


def block_blob(place: Place) -> None:
    """Make the container, and a block blob in it."""
    container(place)
    place.do("PUT", "blob", headers={"x-ms-blob-type": "BlockBlob"}, body=b"hello world")


def append_blob(place: Place) -> None:
    """Make the container, and an append blob in it that is empty."""
    container(place)
    place.do("PUT", "blob", headers={"x-ms-blob-type": "AppendBlob"})


def page_blob(place: Place) -> None:
    """Make the container, and a page blob in it with two pages of four, and sequence number 10."""
    container(place)
    size = {"x-ms-blob-content-length": "2048", "x-ms-blob-sequence-number": "10"}
    place.do("PUT", "blob", headers={"x-ms-blob-type": "PageBlob"} | size)


def pages(place: Place) -> None:
    """Make a page blob, of which the first and the third page are written."""
    page_blob(place)
    for bounds in ("0-511", "1024-1535"):
        headers = {"x-ms-page-write": "update", "x-ms-range": f"bytes={bounds}"}
        place.do("PUT", "blob", "comp=page", headers, b"x" * 512)


def appended(place: Place) -> None:
    """Make an append blob that holds one block."""
    append_blob(place)
    place.do("PUT", "blob", "comp=appendblock", body=b"abcdefghijklmnopqrstuvwxyz")


def blocks(place: Place) -> None:
    """Make the container, and stage three blocks of a blob."""
    container(place)
    for block in ("MQ%3D%3D", "Mg%3D%3D", "Mw%3D%3D"):
        place.do("PUT", "blob", f"comp=block&blockid={block}", body=b"AAA")


def leased(level: str, duration: str = "-1") -> Step:
    """Return the step that takes a lease of the container or of the blob."""

    def step(place: Place) -> None:
        headers = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": duration}
        place.do("PUT", level, _LEASE[level], headers)

    return step


def tier(name: str) -> Step:
    """Return the step that moves the blob to a tier."""
    return lambda place: place.do("PUT", "blob", "comp=tier", {"x-ms-access-tier": name})


def released(level: str) -> Step:
    """Return the step that gives the lease back."""
    headers = {"x-ms-lease-action": "release", "x-ms-lease-id": "{lease}"}
    return lambda place: place.do("PUT", level, _LEASE[level], headers)


def broken_lease(level: str) -> Step:
    """Return the step that breaks the lease, at once."""
    headers = {"x-ms-lease-action": "break", "x-ms-lease-break-period": "0"}
    return lambda place: place.do("PUT", level, _LEASE[level], headers)


def committed(place: Place) -> None:
    """Make a blob of the three blocks."""
    body = b"<BlockList><Latest>MQ==</Latest><Latest>Mg==</Latest><Latest>Mw==</Latest></BlockList>"
    place.do("PUT", "blob", "comp=blocklist", body=body)


def source(place: Place) -> None:
    """Make the container, and a block blob in it to copy from."""
    container(place)
    headers = {"x-ms-blob-type": "BlockBlob"}
    answer = place.ask("PUT", "/{container}/source", headers, b"x" * 1024)
    assert answer.status == 201


def copied(place: Place) -> None:
    """Copy the source to the blob."""
    place.do("PUT", "blob", headers={"x-ms-copy-source": "https://{host}/{container}/source"})


def deleted(place: Place) -> None:
    """Delete a blob that has two snapshots, and them with it."""
    block_blob(place)
    for _ in range(2):
        place.do("PUT", "blob", "comp=snapshot")
    place.do("DELETE", "blob", headers={"x-ms-delete-snapshots": "include"})


def website(place: Place) -> None:
    """Set that the account has a website, and neither a CORS rule nor soft delete."""
    properties = (
        "<StorageServiceProperties><Cors /><DeleteRetentionPolicy><Enabled>false</Enabled>"
        "</DeleteRetentionPolicy><StaticWebsite><Enabled>true</Enabled>"
        "<IndexDocument>index.html</IndexDocument></StaticWebsite></StorageServiceProperties>"
    )
    place.do("PUT", "service", "restype=service&comp=properties", body=properties.encode())


def own_key_blob(place: Place) -> None:
    """Make the container, and ask for a blob that is encrypted with a key of the client's."""
    container(place)
    headers = {
        "x-ms-blob-type": "BlockBlob",
        "x-ms-encryption-algorithm": "AES256",
        "x-ms-encryption-key": base64.b64encode(_OWN_KEY).decode(),
        "x-ms-encryption-key-sha256": base64.b64encode(hashlib.sha256(_OWN_KEY).digest()).decode(),
    }
    place.ask("PUT", place.path("blob"), headers, b"AAABBBCCC")
