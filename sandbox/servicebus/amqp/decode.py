"""A decoder of AMQP 1.0 values, and a scanner that only finds where a value ends.

Bytes of strangers come here before any token, so the work is linear in the bytes. Each value is
read within a window. A list, map or array cuts its window from the enclosing one, and its elements
must fill it to the last byte. So no level reads a byte twice, there are never more elements than
bytes, and the nesting is limited.
http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-types-v1.0-os.html
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

# Real messages nest less. A message of nothing but brackets must not exhaust the stack.
_MAX_DEPTH = 32
# Python seeds the hashes of text, but not those of numbers: a stranger could choose keys that all
# collide in a dict, which makes building it quadratic.
_MAX_KEYS_NOT_TEXT = 64


class MalformedError(ValueError):
    """Bytes that are not an AMQP value."""


class Symbol(str):
    """A symbolic name from a constrained domain."""

    __slots__ = ()


class Timestamp(int):
    """Milliseconds since the epoch."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A value under a descriptor that means nothing to this broker."""

    descriptor: object
    value: object


_CONSTANTS: dict[int, object] = {0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0}
_FIXED: dict[int, tuple[int, Callable[[bytes], object]]] = {
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
# By constructor: the size of a value, its constructor included; 0 where the value's bytes tell it.
_SIZES = [_WIDTHS.get(each >> 4, -1) + 1 for each in range(256)]


def decoded(data: bytes, at: int = 0) -> object:
    """Return the value that starts at `at`. Raises MalformedError."""
    return value_at(data, at)[0]


def value_at(data: bytes, at: int) -> tuple[object, int]:
    """Return the value that starts at `at`, and where it ends. Raises MalformedError."""
    return _value(data, at, len(data), 0)


def end_of(data: bytes, at: int) -> int:
    """Return where the value that starts at `at` ends, without decoding it.

    Raises MalformedError.
    """
    return _end(data, at, len(data), 0)


def parts(data: bytes, at: int = 0) -> tuple[list[bytes], int]:
    """Return the raw elements of the list or map that starts at `at`, and where it ends.

    Raises MalformedError.
    """
    constructor = _byte(data, at, len(data))
    if constructor == 0x45:
        return [], at + 1
    count, position, end = _compound(data, at + 1, len(data), constructor)
    found = []
    for _ in range(count):
        # This runs for each field of each frame, most of which are of a fixed size.
        size = _SIZES[data[position]] if position < end else 0
        after = position + size if size else _end(data, position, end, 0)
        found.append(data[position:after])
        position = after
    _check_filled(position, end)
    return found, end


def _value(data: bytes, at: int, end: int, depth: int) -> tuple[object, int]:
    constructor = _byte(data, at, end)
    if constructor == 0:
        if depth > _MAX_DEPTH:
            raise MalformedError("nested too deeply")
        descriptor, at = _value(data, at + 1, end, depth + 1)
        value, at = _value(data, at, end, depth + 1)
        return Described(descriptor, value), at
    return _body(data, at + 1, end, constructor, depth)


def _end(data: bytes, at: int, end: int, depth: int) -> int:
    constructor = _byte(data, at, end)
    family = constructor >> 4
    if size := _SIZES[constructor]:
        after = at + size
    elif constructor == 0:
        if depth == _MAX_DEPTH:
            raise MalformedError("described too deeply")
        after = _end(data, _end(data, at + 1, end, depth + 1), end, depth + 1)
    elif family in (0xA, 0xC, 0xE):
        after = at + 2 + _byte(data, at + 1, end)
    elif family in (0xB, 0xD, 0xF):
        after = at + 5 + _uint(data, at + 1, end)
    else:
        raise MalformedError(f"unknown type {constructor:#04x}")
    return _within(after, end)


def _body(data: bytes, at: int, end: int, constructor: int, depth: int) -> tuple[object, int]:
    if constructor in _CONSTANTS:
        return _CONSTANTS[constructor], at
    if constructor in _FIXED:
        width, read = _FIXED[constructor]
        after = _within(at + width, end)
        return _read(read, data[at:after]), after
    if constructor in _VARIABLE:
        start = at + (1 if constructor < 0xB0 else 4)
        length = _byte(data, at, end) if constructor < 0xB0 else _uint(data, at, end)
        after = _within(start + length, end)
        return _read(_VARIABLE[constructor], data[start:after]), after
    if constructor == 0x45:
        return [], at
    return _elements(data, at, end, constructor, depth)


def _elements(data: bytes, at: int, end: int, constructor: int, depth: int) -> tuple[object, int]:
    if depth >= _MAX_DEPTH:
        raise MalformedError("nested too deeply")
    count, first, own_end = _compound(data, at, end, constructor)
    read = _array if constructor in (0xE0, 0xF0) else _values
    values, reached = read(data, first, own_end, count, depth + 1)
    _check_filled(reached, own_end)
    return (_mapping(values) if constructor in (0xC1, 0xD1) else values), own_end


def _values(data: bytes, at: int, end: int, count: int, depth: int) -> tuple[list[object], int]:
    values = []
    for _ in range(count):
        # Most properties of a message are null.
        if at < end and data[at] in _CONSTANTS:
            value, at = _CONSTANTS[data[at]], at + 1
        else:
            value, at = _value(data, at, end, depth)
        values.append(value)
    return values, at


def _array(data: bytes, at: int, end: int, count: int, depth: int) -> tuple[list[object], int]:
    constructor = _byte(data, at, end)
    at += 1
    if constructor == 0:
        _, at = _value(data, at, end, depth)
        constructor, at = _byte(data, at, end), at + 1
    values = []
    for _ in range(count):
        value, at = _body(data, at, end, constructor, depth)
        values.append(value)
    return values, at


def _mapping(values: list[object]) -> dict[object, object]:
    if len(values) % 2:
        raise MalformedError("a map has a key without a value")
    keys = values[::2]
    if sum(not isinstance(each, str) for each in keys) > _MAX_KEYS_NOT_TEXT:
        raise MalformedError(f"a map has more than {_MAX_KEYS_NOT_TEXT} keys that are not text")
    try:
        return dict(zip(keys, values[1::2], strict=True))
    except TypeError as error:
        raise MalformedError("a map has a compound key") from error


def _compound(data: bytes, at: int, end: int, constructor: int) -> tuple[int, int, int]:
    """Return the number of elements, where the first starts, and where the last must end."""
    if constructor in (0xC0, 0xC1, 0xE0):
        own_end, first = at + 1 + _byte(data, at, end), at + 2
        count = _byte(data, at + 1, end)
    elif constructor in (0xD0, 0xD1, 0xF0):
        own_end, first = at + 4 + _uint(data, at, end), at + 8
        count = _uint(data, at + 4, end)
    else:
        raise MalformedError(f"unknown type {constructor:#04x}")
    # An element takes at least one byte. Only an array of nulls, which no client sends, is denser.
    if count > _within(own_end, end) - first:
        raise MalformedError("more elements than bytes")
    return count, first, own_end


def _check_filled(reached: int, end: int) -> None:
    if reached != end:
        raise MalformedError("a compound value does not have its declared length")


def _read(read: Callable[[bytes], object], raw: bytes) -> object:
    try:
        return read(raw)
    except (ValueError, OverflowError) as error:
        raise MalformedError(str(error)) from error


def _within(position: int, end: int) -> int:
    if position > end:
        raise MalformedError("a value ends after its bytes")
    return position


def _byte(data: bytes, at: int, end: int) -> int:
    if at >= end:
        raise MalformedError("a value ends after its bytes")
    return data[at]


def _uint(data: bytes, at: int, end: int) -> int:
    _within(at + 4, end)
    return int.from_bytes(data[at : at + 4], "big")
