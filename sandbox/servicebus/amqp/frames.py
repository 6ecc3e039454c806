"""Cuts what comes in into frames, and reads from each transfer what proton does not tell.

proton drops the message-format, by which a batch is known.
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html#section-framing
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.servicebus.amqp import performatives
from sandbox.servicebus.amqp.decode import MalformedError, part

# What this side announces, and Azure too. A frame is held in memory until it is whole.
MAX_FRAME_SIZE = 65536
_HEADER_SIZE = 8
_MESSAGE_FORMAT = 3
_UINTS = (0x43, 0x52, 0x70)


class FramingError(Exception):
    """Bytes that are no frame, too long a one, or one with a handle that there is not."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, or a protocol header. `message_format` is what a transfer says of its message."""

    content: bytes
    message_format: int | None = None


class Frames:
    """The frames of one connection, in the order in which they come."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def __len__(self) -> int:
        """How many bytes wait to be taken."""
        return len(self._bytes)

    def feed(self, data: bytes) -> None:
        """Take what has come in."""
        self._bytes += data

    def take(self, at_most: int) -> Iterator[Frame]:
        """Up to that many whole frames. Raises FramingError."""
        at = 0
        try:
            for _ in range(at_most):
                size = self._size(at)
                if size is None or at + size > len(self._bytes):
                    return
                content = bytes(self._bytes[at : at + size])
                at += size
                yield read(content)
        finally:
            del self._bytes[:at]

    def _size(self, at: int) -> int | None:
        if len(self._bytes) - at < _HEADER_SIZE:
            return None
        if self._bytes[at : at + 4] == b"AMQP":
            return _HEADER_SIZE
        size = int.from_bytes(self._bytes[at : at + 4], "big")
        if not _HEADER_SIZE <= size <= MAX_FRAME_SIZE:
            raise FramingError(f"a frame of {size} bytes")
        return size


def read(content: bytes) -> Frame:
    """Return a frame as proton is to read it, and the message-format that it says.

    Raises FramingError for a link under a handle that there is not.
    """
    try:
        code, at = performatives.performative(content)
        if code == performatives.TRANSFER:
            return Frame(content, _message_format(content, at))
        return Frame(performatives.incoming(content, code, at))
    except performatives.HandleError as error:
        raise FramingError(str(error)) from error
    except MalformedError:
        return Frame(content)  # proton will say so


def _message_format(frame: bytes, at: int) -> int | None:
    """A transfer's fields are handle, delivery-id, delivery-tag, message-format and more."""
    raw = part(frame, at, _MESSAGE_FORMAT)
    if raw is None or raw[0] not in _UINTS:
        return None
    return int.from_bytes(raw[1:], "big")
