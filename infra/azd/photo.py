"""A test photo, uploaded as a browser would."""

import json
import struct
import urllib.error
import urllib.request
import uuid
import zlib
from dataclasses import dataclass

_FORBIDDEN = 403
_ACCEPTED = 202
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class RefusedError(Exception):
    """The gateway refuses this machine's address."""


@dataclass(frozen=True)
class Answer:
    """The gateway's response; status 0 if it was unreachable."""

    status: int
    body: str

    def field(self, name: str) -> str:
        """Return a field of the JSON body; empty without one."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return ""
        return str(found.get(name, "")) if isinstance(found, dict) else ""


def send(gateway: str) -> str | None:
    """Upload a photo and return its id; None after an answer worth a retry.

    Raises RefusedError.
    """
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="first.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    )
    form = head.encode() + picture() + f"\r\n--{boundary}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = _ask(urllib.request.Request(f"{gateway}/photos", form, kind))  # noqa: S310
    if answer.status == _FORBIDDEN:
        raise RefusedError(f"{gateway} blocks this machine's address (GATEWAY_ADDRESSES).")
    return answer.field("id") or None if answer.status == _ACCEPTED else None


def state_of(gateway: str, photo: str) -> tuple[str, str]:
    """Return the state of a photo, and the reason of a rejection; empty if unknown."""
    answer = _ask(urllib.request.Request(f"{gateway}/photos/{photo}"))  # noqa: S310
    return answer.field("state"), answer.field("reason")


def picture(side: int = 64) -> bytes:
    """Return a small gradient as a PNG that differs from every earlier one."""
    rows = b"".join(b"\0" + bytes([255 * row // side] * side) for row in range(side))
    comment = b"Comment\0" + uuid.uuid4().hex.encode()
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)),
        (b"tEXt", comment),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def _ask(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return Answer(answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(errors="replace"))
    except OSError as error:  # no route, no name, no certificate yet
        return Answer(0, str(error))
