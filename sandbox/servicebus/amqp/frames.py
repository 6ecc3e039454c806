"""Incoming bytes cut into frames, with limits on each, and the message-format of each transfer.

A batch is known by its message-format, which proton drops.
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html#section-framing
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.servicebus.amqp.decode import Described, MalformedError, decoded, end_of, parts
from sandbox.servicebus.amqp.performatives import (
    ATTACH,
    BEGIN,
    DETACH,
    DISPOSITION,
    FLOW,
    HANDLE_MAX,
    OPEN,
    TRANSFER,
    Fields,
    incoming_flow,
    number,
    performative,
    rewritten,
)

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
# By performative: the index of its handle.
_HANDLES = {ATTACH: 1, TRANSFER: 0}
_KEPT_BY_PROTON = (OPEN, BEGIN, ATTACH)
# A trusted client may make these longer: annotations of an abandoned message, reasons.
_LONG_IF_TRUSTED = (FLOW, DISPOSITION, DETACH)


class FramingError(Exception):
    """Bytes that are not a frame, or a frame above the limits."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, or a protocol header: the code of its performative, and the raw fields from `at`.

    The code is 0 if there is no performative, or none that AMQP knows.
    """

    content: bytes
    code: int = 0
    at: int = 0
    fields: Fields = field(default_factory=list)

    @property
    def message_format(self) -> int | None:
        """Return the format of a transfer's message: its first frame has it."""
        return number(self.fields, _MESSAGE_FORMAT) if self.code == TRANSFER else None


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
    """Return a frame, as proton is to read it.

    Raises FramingError for a performative that cannot be read, for a link without a handle or under
    one out of range, and for a frame above the limits.
    """
    try:
        code, at = performative(content)
        _check_size(content, code, at, is_trusted=is_trusted)
        fields, end = parts(content, at) if code else ([], at)
    except MalformedError as error:
        # proton would read some of these, and nothing would have been checked.
        raise FramingError(f"a frame that cannot be read: {error}") from error
    if code in _HANDLES:
        _check_handle(number(fields, _HANDLES[code]))
    elif code == DISPOSITION:
        _check_disposition(content, fields)
    elif code == FLOW:
        content = rewritten(content, at, incoming_flow(fields), end)
    return Frame(content, code, at, fields)


def _check_size(frame: bytes, code: int, at: int, *, is_trusted: bool) -> None:
    """Raise FramingError if the performative, without its payload, is too long."""
    size = end_of(frame, at) if code == TRANSFER else len(frame)
    is_opening = code not in _LONG_IF_TRUSTED
    if size > _MAX_OPENING_SIZE and (is_opening or not is_trusted):
        raise FramingError(f"a performative of {size} bytes, where {_MAX_OPENING_SIZE} are allowed")
    if code in _KEPT_BY_PROTON and _values(decoded(frame, at)) > _MAX_VALUES:
        raise FramingError(f"a performative of more than {_MAX_VALUES} values")


def _check_handle(handle: int | None) -> None:
    """Raise FramingError for a handle above handle-max, or none, which proton would take for 0.

    "A peer that receives a handle outside the supported range MUST close the connection with the
    framing-error error-code" (section 2.7.2).
    """
    if handle is None:
        raise FramingError("a frame of a link without a handle")
    if handle > HANDLE_MAX:
        raise FramingError(f"the handle {handle} is above the session's handle-max {HANDLE_MAX}")


def _check_disposition(frame: bytes, fields: Fields) -> None:
    """Raise FramingError for a long disposition of many deliveries.

    Its fields are role, first, last and more.
    """
    first, last = number(fields, 1), number(fields, 2)
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
