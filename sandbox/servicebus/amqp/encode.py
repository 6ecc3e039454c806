"""An encoder of the AMQP 1.0 values that the broker sends."""

import struct
from collections.abc import Iterable, Mapping
from uuid import UUID

from sandbox.servicebus.amqp.decode import Symbol, Timestamp

NULL = b"\x40"


class Encoded(bytes):
    """A value that stays encoded as its sender encoded it."""

    __slots__ = ()


def boolean(value: bool) -> bytes:
    """Return an encoded boolean."""
    return b"\x41" if value else b"\x42"


def uint(value: int) -> bytes:
    """Return an encoded unsigned 32-bit number."""
    return struct.pack(">BB", 0x52, value) if value < 256 else struct.pack(">BI", 0x70, value)


def integer(value: int) -> bytes:
    """Return an encoded signed 32-bit number."""
    return struct.pack(">Bi", 0x71, value)


def long(value: int) -> bytes:
    """Return an encoded signed 64-bit number."""
    return struct.pack(">Bq", 0x81, value)


def timestamp(milliseconds: int) -> bytes:
    """Return an encoded time, given in milliseconds since the epoch."""
    return struct.pack(">Bq", 0x83, milliseconds)


def string(value: str) -> bytes:
    """Return an encoded string."""
    return _sized(0xA1, 0xB1, value.encode())


def symbol(value: str) -> bytes:
    """Return an encoded symbol."""
    return _sized(0xA3, 0xB3, value.encode("ascii"))


def binary(value: bytes) -> bytes:
    """Return an encoded binary."""
    return _sized(0xA0, 0xB0, value)


def uuid(value: UUID) -> bytes:
    """Return an encoded UUID."""
    return b"\x98" + value.bytes


def sequence(elements: Iterable[bytes]) -> bytes:
    """Return a list of values that are already encoded."""
    return _compound(0xC0, 0xD0, list(elements))


def mapping(pairs: Iterable[bytes]) -> bytes:
    """Return a map of alternating keys and values that are already encoded."""
    return _compound(0xC1, 0xD1, list(pairs))


def timestamps(milliseconds: Iterable[int]) -> bytes:
    """Return an encoded array of times."""
    return _array(0x83, [struct.pack(">q", each) for each in milliseconds])


def longs(values: Iterable[int]) -> bytes:
    """Return an encoded array of signed 64-bit numbers."""
    return _array(0x81, [struct.pack(">q", each) for each in values])


def strings(values: Iterable[str]) -> bytes:
    """Return an encoded array of strings."""
    encoded = [each.encode() for each in values]
    return _array(0xB1, [struct.pack(">I", len(each)) + each for each in encoded])


def value(thing: object) -> bytes:  # noqa: PLR0911 - one line per type
    """Return any value that a property can have, encoded. Raises TypeError for other types."""
    if thing is None:
        return NULL
    if isinstance(thing, bool):
        return boolean(thing)
    if isinstance(thing, Timestamp):
        return timestamp(thing)
    if isinstance(thing, int):
        return long(thing) if thing < 1 << 63 else struct.pack(">BQ", 0x80, thing)
    if isinstance(thing, float):
        return struct.pack(">Bd", 0x82, thing)
    if isinstance(thing, Symbol):
        return symbol(thing)
    if isinstance(thing, str):
        return string(thing)
    return _uncommon(thing)


def _uncommon(thing: object) -> bytes:
    if isinstance(thing, Encoded):
        return bytes(thing)
    if isinstance(thing, bytes | bytearray | memoryview):
        return binary(bytes(thing))
    if isinstance(thing, UUID):
        return uuid(thing)
    if isinstance(thing, Mapping):
        return mapping(value(each) for pair in thing.items() for each in pair)
    if isinstance(thing, list | tuple):
        return sequence(value(each) for each in thing)
    raise TypeError(f"no AMQP type for {type(thing).__name__}")


def _array(constructor: int, elements: list[bytes]) -> bytes:
    content = bytes((constructor,)) + b"".join(elements)
    return struct.pack(">BII", 0xF0, len(content) + 4, len(elements)) + content


def _sized(small: int, large: int, raw: bytes) -> bytes:
    if len(raw) < 256:
        return bytes((small, len(raw))) + raw
    return struct.pack(">BI", large, len(raw)) + raw


def _compound(small: int, large: int, elements: list[bytes]) -> bytes:
    content = b"".join(elements)
    if len(content) < 255 and len(elements) < 256:
        return bytes((small, len(content) + 1, len(elements))) + content
    return struct.pack(">BII", large, len(content) + 4, len(elements)) + content
