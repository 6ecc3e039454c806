"""Decoding before a token: its steps are linear in the bytes, whatever the bytes are."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from proton import Data, Message

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError, decoded, parts
from sandbox.servicebus.amqp.frames import FramingError, read
from sandbox.servicebus.requests import Request
from sandbox.servicebus.serve.message import BATCH_FORMAT, messages_in
from tests.growth import check_steps
from tests.sandbox.servicebus.raw import ATTACH, FLOW, NULL, TRANSFER, attach, flow, frame, transfer

# A value takes up to a dozen calls, and a byte at least.
_STEPS_A_BYTE = 20
_STEPS_AT_LEAST = 200
_EXPECTED = (MalformedError, FramingError)

ARRAY, NULL_TYPE, LIST, MAP = 0xF0, 0x40, 0xD0, 0xD1


def overlapping(levels: int, blocks: int = 190) -> bytes:
    """Return arrays of arrays whose elements go on behind the array's own end.

    Each says that it has 3 elements in 5 bytes. A decoder that goes back to that end reads the next
    bytes again, once for each sibling.
    """
    return b"\xe0" + bytes((5, 3, 0xE0)) * levels + bytes((2, 0, 0xE0)) * (blocks - levels)


def frame_of(descriptor: bytes, fields: bytes = b"\x45") -> bytes:
    """Return a frame whose performative has this descriptor."""
    body = b"\x00" + descriptor + fields
    return struct.pack(">IBBH", len(body) + 8, 2, 0, 0) + body


VALUES = st.recursive(
    st.sampled_from([b"\x40", b"\x41", b"\x45", b"\x50\x07", b"\xa1\x01a", b"\xa0\x00", b"\x43"]),
    lambda inner: st.builds(
        lambda kind, size, count, elements: (
            struct.pack(">BII", kind, size % (1 << 32), count) + b"".join(elements)
        ),
        st.sampled_from([ARRAY, LIST, MAP, ARRAY]),
        st.integers(0, 60) | st.just(1 << 31),
        st.integers(0, 9) | st.just(1 << 31),
        st.lists(inner | st.just(bytes((ARRAY,))) | st.just(b"\x00"), max_size=4),
    ),
    max_leaves=30,
)
HONEST = [
    attach(0, "$cbs"),
    flow(1, 100),
    transfer(0, 1, Message("x", properties={"operation": "put-token", "a": [1, {"b": 2}]})),
    frame(TRANSFER, encode.uint(0), encode.uint(0), encode.binary(b"t"), encode.uint(300)),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return a client's frame with some of its bytes changed."""
    content = bytearray(draw(st.sampled_from(HONEST)))
    for _ in range(draw(st.integers(0, 4))):
        content[draw(st.integers(8, len(content) - 1))] = draw(
            st.sampled_from([0x00, 0x05, 0x40, 0x45, 0xC0, 0xD0, 0xE0, 0xF0, 0xFF])
        )
    return bytes(content)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | VALUES | mutated())
@example(overlapping(30))
@example(encode.sequence([encode.NULL] * 5000))
@example(struct.pack(">BIIB", ARRAY, 5, 1 << 31, NULL_TYPE))
@example(b"\x00" * 3000)
def test_every_decoder_takes_steps_in_proportion_to_its_bytes(content: bytes) -> None:
    section = b"\x00\x53\x77" + content
    works: list[tuple[int, Callable[[], object]]] = [
        (len(content), lambda: decoded(content)),
        (len(content), lambda: parts(content)),
        (len(content), lambda: messages_in(content, 0)),
        (len(content), lambda: messages_in(content, BATCH_FORMAT)),
        (len(section), lambda: Request.parse(section)),
        (len(section), lambda: Request.parse(b"\x00\x53\x74" + content)),
    ]
    frames = [content.ljust(8, b"\0"), frame_of(content), frame_of(b"\x53\x12", content)]
    frames += [frame_of(bytes((0x53, code)), content) for code in (ATTACH, FLOW, TRANSFER)]
    works += [(len(each), lambda each=each: read(each)) for each in frames]  # type: ignore[misc]
    for size, work in works:
        check_steps(work, _STEPS_AT_LEAST + _STEPS_A_BYTE * size, *_EXPECTED)


@pytest.mark.parametrize("where", ["descriptor", "message-format"])
def test_a_frame_of_overlapping_arrays_is_read_at_once(where: str) -> None:
    frames = {
        "descriptor": frame_of(overlapping(30)),
        "message-format": frame(TRANSFER, encode.uint(0), NULL, NULL, overlapping(30)),
    }
    content = frames[where]
    assert len(content) < 600
    check_steps(lambda: read(content), 200, FramingError)


@pytest.mark.parametrize(
    "raw",
    [
        overlapping(1),
        b"\xe0\x03\x02\x50\x07",  # its second element is behind its end
        b"\xe0\x05\x02\x50\x07\x08\x09",  # there is more than its elements
        b"\xc0\x04\x02\xc0\x04\x00",  # the inner list is longer than the outer
        b"\xc1\x03\x02\xa1\x05",  # a key is longer than its map
        b"\xe0\x02\xff\x40",  # 255 nulls in no bytes
        b"\xc0\x00\x00",  # too short for its own count
    ],
)
def test_a_value_that_does_not_fill_its_window_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        decoded(raw)


def test_arrays_are_read_as_proton_writes_them() -> None:
    data = Data()
    data.put_array(False, Data.INT)
    data.enter()
    for number in (1, -2, 3):
        data.put_int(number)
    data.exit()
    assert decoded(data.encode()) == [1, -2, 3]
    nested = b"\xe0\x0b\x02\xe0" + b"\x03\x01\x50\x07" + b"\x04\x02\x50\x08\x09"
    assert decoded(nested[:1] + bytes((len(nested) - 2,)) + nested[2:]) == [[7], [8, 9]]
    assert decoded(encode.timestamps([5, 6])) == [5, 6]


def test_keys_whose_places_in_a_table_can_be_foreseen_are_few() -> None:
    def numbered(count: int) -> bytes:
        return encode.mapping(part for n in range(count) for part in (encode.long(n), NULL))

    assert len(decoded(numbered(64))) == 64  # type: ignore[arg-type]
    with pytest.raises(MalformedError, match="keys that are not text"):
        decoded(numbered(65))
    assert len(decoded(encode.value({f"k{n}": n for n in range(500)}))) == 500  # type: ignore[arg-type]
