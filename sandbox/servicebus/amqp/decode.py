"""Reads AMQP 1.0 values from bytes: what one is, or only where it ends.

http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-types-v1.0-os.html
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

# Nobody nests deeper; a message of nothing but brackets must not exhaust the stack.
_DEEPEST = 32


class MalformedError(ValueError):
    """Bytes that are no AMQP value."""


class Symbol(str):
    """A symbolic name from a constrained domain."""

    __slots__ = ()


class Timestamp(int):
    """Milliseconds since the epoch."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A value under a descriptor that this broker has no meaning for."""

    descriptor: object
    value: object


_FIXED: dict[int, tuple[int, Callable[[bytes], object]]] = {
    0x40: (0, lambda _: None),
    0x41: (0, lambda _: True),
    0x42: (0, lambda _: False),
    0x43: (0, lambda _: 0),
    0x44: (0, lambda _: 0),
    0x50: (1, lambda raw: raw[0]),
    0x51: (1, lambda raw: struct.unpack(">b", raw)[0]),
    0x52: (1, lambda raw: raw[0]),
    0x53: (1, lambda raw: raw[0]),
    0x54: (1, lambda raw: struct.unpack(">b", raw)[0]),
    0x55: (1, lambda raw: struct.unpack(">b", raw)[0]),
    0x56: (1, lambda raw: raw[0] != 0),
    0x60: (2, lambda raw: struct.unpack(">H", raw)[0]),
    0x61: (2, lambda raw: struct.unpack(">h", raw)[0]),
    0x70: (4, lambda raw: struct.unpack(">I", raw)[0]),
    0x71: (4, lambda raw: struct.unpack(">i", raw)[0]),
    0x72: (4, lambda raw: struct.unpack(">f", raw)[0]),
    0x73: (4, lambda raw: chr(struct.unpack(">I", raw)[0])),
    0x74: (4, bytes),
    0x80: (8, lambda raw: struct.unpack(">Q", raw)[0]),
    0x81: (8, lambda raw: struct.unpack(">q", raw)[0]),
    0x82: (8, lambda raw: struct.unpack(">d", raw)[0]),
    0x83: (8, lambda raw: Timestamp(struct.unpack(">q", raw)[0])),
    0x84: (8, bytes),
    0x94: (16, bytes),
    0x98: (16, lambda raw: UUID(bytes=raw)),
}
_VARIABLE: dict[int, Callable[[bytes], object]] = {
    0xA0: bytes,
    0xB0: bytes,
    0xA1: lambda raw: raw.decode(),
    0xB1: lambda raw: raw.decode(),
    0xA3: lambda raw: Symbol(raw.decode("ascii")),
    0xB3: lambda raw: Symbol(raw.decode("ascii")),
}
_WIDTHS = {0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16}


def decoded(data: bytes, at: int = 0) -> object:
    """The value that starts at `at`. Raises MalformedError."""
    return value_at(data, at)[0]


def value_at(data: bytes, at: int, depth: int = 0) -> tuple[object, int]:
    """The value that starts at `at`, and where it ends. Raises MalformedError."""
    if depth > _DEEPEST:
        raise MalformedError("nested too deeply")
    constructor = _byte(data, at)
    if constructor == 0:
        descriptor, at = value_at(data, at + 1, depth + 1)
        value, at = value_at(data, at, depth + 1)
        return Described(descriptor, value), at
    return _body(data, at + 1, constructor, depth)


def end_of(data: bytes, at: int, depth: int = 0) -> int:
    """Where the value that starts at `at` ends, without looking into it. Raises MalformedError."""
    if depth > _DEEPEST:
        raise MalformedError("described too deeply")
    constructor = _byte(data, at)
    if constructor == 0:
        return end_of(data, end_of(data, at + 1, depth + 1), depth + 1)
    family = constructor >> 4
    if family in _WIDTHS:
        end = at + 1 + _WIDTHS[family]
    elif family in (0xA, 0xC, 0xE):
        end = at + 2 + _byte(data, at + 1)
    elif family in (0xB, 0xD, 0xF):
        end = at + 5 + _uint(data, at + 1)
    else:
        raise MalformedError(f"no such type as {constructor:#04x}")
    return _within(data, end)


def parts(data: bytes, at: int = 0) -> tuple[list[bytes], int]:
    """The raw elements of the list or map that starts at `at`, and where it ends.

    Raises MalformedError.
    """
    constructor = _byte(data, at)
    if constructor == 0x45:
        return [], at + 1
    count, position, end = _compound(data, at + 1, constructor)
    found = []
    for _ in range(count):
        after = end_of(data, position)
        found.append(data[position:after])
        position = after
    if position != end:
        raise MalformedError("a compound value is not as long as it says")
    return found, end


def _body(data: bytes, at: int, constructor: int, depth: int) -> tuple[object, int]:
    if constructor in _FIXED:
        width, read = _FIXED[constructor]
        end = _within(data, at + width)
        return _read(read, data[at:end]), end
    if constructor in _VARIABLE:
        start = at + (1 if constructor < 0xB0 else 4)
        length = _byte(data, at) if constructor < 0xB0 else _uint(data, at)
        end = _within(data, start + length)
        return _read(_VARIABLE[constructor], data[start:end]), end
    if constructor == 0x45:
        return [], at
    count, position, end = _compound(data, at, constructor)
    if constructor in (0xE0, 0xF0):
        return _array(data, position, count, depth), end
    values, reached = _values(data, position, count, depth)
    if reached != end:
        raise MalformedError("a compound value is not as long as it says")
    return (values if constructor in (0xC0, 0xD0) else _mapping(values)), end


def _values(data: bytes, at: int, count: int, depth: int) -> tuple[list[object], int]:
    values = []
    for _ in range(count):
        value, at = value_at(data, at, depth + 1)
        values.append(value)
    return values, at


def _array(data: bytes, at: int, count: int, depth: int) -> list[object]:
    constructor = _byte(data, at)
    at += 1
    if constructor == 0:
        _, at = value_at(data, at, depth + 1)
        constructor, at = _byte(data, at), at + 1
    values = []
    for _ in range(count):
        value, at = _body(data, at, constructor, depth + 1)
        values.append(value)
    return values


def _mapping(values: list[object]) -> dict[object, object]:
    if len(values) % 2:
        raise MalformedError("a map has a key without a value")
    try:
        return dict(zip(values[::2], values[1::2], strict=True))
    except TypeError as error:
        raise MalformedError("a map has a compound key") from error


def _compound(data: bytes, at: int, constructor: int) -> tuple[int, int, int]:
    """The number of elements, where the first starts, and where the last must end."""
    if constructor in (0xC0, 0xC1, 0xE0):
        end, count, first = at + 1 + _byte(data, at), _byte(data, at + 1), at + 2
    elif constructor in (0xD0, 0xD1, 0xF0):
        end, count, first = at + 4 + _uint(data, at), _uint(data, at + 4), at + 8
    else:
        raise MalformedError(f"no such type as {constructor:#04x}")
    # An element takes a byte at least, except in an array, where even that can be left out.
    if count > len(data):
        raise MalformedError("more elements than bytes")
    return count, first, _within(data, end)


def _read(read: Callable[[bytes], object], raw: bytes) -> object:
    try:
        return read(raw)
    except (ValueError, OverflowError) as error:
        raise MalformedError(str(error)) from error


def _within(data: bytes, end: int) -> int:
    if end > len(data):
        raise MalformedError("a value ends after its bytes")
    return end


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        raise MalformedError("a value ends after its bytes")
    return data[at]


def _uint(data: bytes, at: int) -> int:
    _within(data, at + 4)
    return int.from_bytes(data[at : at + 4], "big")
