"""Incoming bytes cut into frames, with limits on each, and the message-format of each transfer.

A batch is known by its message-format, which proton drops.
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html#section-framing
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.servicebus.amqp import performatives
from sandbox.servicebus.amqp.decode import Described, MalformedError, decoded, end_of, part

# As Azure announces it. A frame is held in memory until it is whole.
MAX_FRAME_SIZE = 65536
# proton keeps the fields of a peer's OPEN, BEGIN and ATTACH, at about 150 bytes a value. These
# limits are ten times the need of real clients.
_MAX_OPENING_SIZE = 4096
_MAX_VALUES = 256
# proton stores a disposition once for each delivery in its range.
_MAX_DISPOSITION_SIZE = 1 << 20
_HEADER_SIZE = 8
_MESSAGE_FORMAT = 3
_UINTS = (0x43, 0x52, 0x70)
_KEPT_BY_PROTON = (performatives.OPEN, performatives.BEGIN, performatives.ATTACH)
# A trusted client may make these longer: annotations of an abandoned message, reasons.
_LONG_IF_TRUSTED = (performatives.FLOW, performatives.DISPOSITION, performatives.DETACH)


class FramingError(Exception):
    """Bytes that are not a frame, or a frame above the limits."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, or a protocol header. `message_format` is that of a transfer."""

    content: bytes
    message_format: int | None = None


class Frames:
    """The frames of one connection, in order.

    A client that `is_trusted` may send longer performatives.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self.is_trusted = False

    def __len__(self) -> int:
        """Return how many bytes wait to be taken."""
        return len(self._bytes)

    def feed(self, data: bytes) -> None:
        """Add incoming bytes."""
        self._bytes += data

    def take(self, at_most: int) -> Iterator[Frame]:
        """Yield up to that many whole frames. Raises FramingError."""
        at = 0
        try:
            for _ in range(at_most):
                size = self._size(at)
                if size is None or at + size > len(self._bytes):
                    return
                content = bytes(self._bytes[at : at + size])
                at += size
                yield read(content, is_trusted=self.is_trusted)
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


def read(content: bytes, *, is_trusted: bool = True) -> Frame:
    """Return a frame as proton is to read it, with the message-format of a transfer.

    Raises FramingError for a link under a handle out of range, and for a frame above the limits.
    """
    try:
        code, at = performatives.performative(content)
        _check_size(content, code, at, is_trusted=is_trusted)
        if code == performatives.TRANSFER:
            return Frame(content, _message_format(content, at))
        return Frame(performatives.incoming(content, code, at))
    except performatives.HandleError as error:
        raise FramingError(str(error)) from error
    except MalformedError as error:
        if len(content) > _MAX_OPENING_SIZE:
            raise FramingError(f"a frame that cannot be read: {error}") from error
        return Frame(content)  # proton answers it with an error


def _check_size(frame: bytes, code: object, at: int, *, is_trusted: bool) -> None:
    """Raise FramingError if the performative, without its payload, is too long."""
    size = end_of(frame, at) if code == performatives.TRANSFER else len(frame)
    is_opening = code not in _LONG_IF_TRUSTED
    if size > _MAX_OPENING_SIZE and (is_opening or not is_trusted):
        raise FramingError(f"a performative of {size} bytes, where {_MAX_OPENING_SIZE} are allowed")
    if is_opening and code in _KEPT_BY_PROTON and _values(decoded(frame, at)) > _MAX_VALUES:
        raise FramingError(f"a performative of more than {_MAX_VALUES} values")
    if code == performatives.DISPOSITION:
        _check_disposition(frame, at)


def _check_disposition(frame: bytes, at: int) -> None:
    """Raise FramingError for a long disposition of many deliveries.

    Its fields are role, first, last and more.
    """
    first, last = (_uint(part(frame, at, index)) for index in (1, 2))
    if first is not None and last is not None:
        total = ((last - first) % (1 << 32) + 1) * len(frame)
        if last != first and total > _MAX_DISPOSITION_SIZE:
            raise FramingError("a disposition that says too much of too many deliveries")


def _values(value: object) -> int:
    """Return how many values a value holds, itself included."""
    if isinstance(value, Described):
        return 1 + _values(value.descriptor) + _values(value.value)
    if isinstance(value, dict):
        return 1 + sum(_values(each) for pair in value.items() for each in pair)
    return 1 + sum(map(_values, value)) if isinstance(value, list) else 1


def _uint(raw: bytes | None) -> int | None:
    if raw is None or raw[0] not in _UINTS:
        return None
    return int.from_bytes(raw[1:], "big")


def _message_format(frame: bytes, at: int) -> int | None:
    """Return the fourth of a transfer's fields, after handle, delivery-id and delivery-tag."""
    return _uint(part(frame, at, _MESSAGE_FORMAT))
