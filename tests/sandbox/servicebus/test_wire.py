"""Values, sections and frames, byte for byte."""

import struct
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proton import Message as ProtonMessage
from proton import symbol

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import (
    MalformedError,
    Symbol,
    Timestamp,
    decoded,
    end_of,
    value_at,
)
from sandbox.servicebus.amqp.frames import Frames, FramingError
from sandbox.servicebus.amqp.sections import split
from sandbox.servicebus.requests import Request
from sandbox.servicebus.serve.message import (
    BATCH_FORMAT,
    BrokerProperties,
    Message,
    messages_in,
    with_broker_properties,
    with_properties,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.uuids()
    | st.text(st.characters(max_codepoint=127)).map(Symbol)
    | st.integers(-(2**63), 2**63 - 1).map(Timestamp)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)
STAMP = BrokerProperties(sequence=7, origin=7, enqueued=1.5, deliveries=2, time_to_live=None)


@given(VALUES, st.binary())
def test_what_is_written_is_read_again_whatever_follows(value: object, rest: bytes) -> None:
    raw = encode.value(value)
    assert value_at(raw + rest, 0) == (value, len(raw))
    assert end_of(raw + rest, 0) == len(raw)


@given(st.binary(max_size=200))
def test_no_bytes_do_harm(noise: bytes) -> None:
    """They are read, or they are malformed; there is no third."""
    for read in (decoded, split, Message.parse, Request.parse):
        try:
            read(noise)
        except MalformedError:
            continue


@pytest.mark.parametrize("bomb", [b"\x00" * 100_000, b"\xc0\xff\x01" * 30_000, b"\x00\x40" * 9999])
def test_depth_does_no_harm(bomb: bytes) -> None:
    for read in (decoded, split, Message.parse):
        with pytest.raises(MalformedError):
            read(bomb)


def test_a_message_of_another_encoder_is_read() -> None:
    sent = ProtonMessage(
        id=UUID(int=5),
        subject="label",
        ttl=2.5,
        body={"a": [1, 2]},
        properties={"n": 1},
        annotations={symbol("x-opt-partition-key"): "p"},
    )
    message = Message.parse(bytes(sent.encode()))
    assert message.properties["subject"] == "label"
    assert message.message_id == str(UUID(int=5))
    assert message.time_to_live == 2.5
    assert message.application_properties == {"n": 1}
    assert message.annotations == {"x-opt-partition-key": "p"}


def test_what_the_application_wrote_leaves_with_the_bytes_that_it_came_with() -> None:
    # A list32 where a list8 would do, a map32, two data sections, a footer: all legal, none ours.
    properties = b"\x00\x53\x73" + struct.pack(">BII", 0xD0, 8, 1) + b"\xa1\x02id"
    application = b"\x00\x53\x74" + struct.pack(">BII", 0xD1, 9, 2) + b"\xa1\x01k\x54\x05"
    body = b"\x00\x53\x75\xb0\x00\x00\x00\x01a" + b"\x00\x53\x75\xa0\x01b"
    footer = b"\x00\x53\x78\xc1\x01\x00"
    content = properties + application + body + footer
    assert with_broker_properties(content, STAMP).endswith(content)
    dead = with_properties(content, {"DeadLetterReason": "why"})
    assert dead.startswith(properties)
    assert dead.endswith(body + footer)
    assert Message.parse(dead).application_properties == {"k": 5, "DeadLetterReason": "why"}


def test_a_sender_cannot_speak_for_the_broker() -> None:
    forged = ProtonMessage(
        body="x",
        annotations={symbol("x-opt-sequence-number"): 99, symbol("x-opt-mine"): 1},
        delivery_count=50,
    )
    got = ProtonMessage()
    got.decode(with_broker_properties(bytes(forged.encode()), STAMP))
    said = dict(got.annotations or {})
    assert (said["x-opt-sequence-number"], said["x-opt-mine"]) == (7, 1)
    assert got.delivery_count == 2


ORDINARY = {"x-opt-sequence-number", "x-opt-enqueued-time"}


@pytest.mark.parametrize(
    ("values", "annotations", "delivery"),
    [
        ({}, ORDINARY, {}),
        (
            {"locked_until": 9.0, "lock_token": UUID(int=7)},
            {*ORDINARY, "x-opt-locked-until"},
            {"x-opt-lock-token": UUID(int=7)},
        ),
        ({"state": 0}, {*ORDINARY, "x-opt-message-state"}, None),
        ({"origin": 3}, {*ORDINARY, "x-opt-enqueue-sequence-number"}, {}),
    ],
)
def test_a_message_has_the_annotations_that_azures_live_tests_expect(
    values: dict[str, Any], annotations: set[str], delivery: dict[str, UUID] | None
) -> None:
    stamp = replace(STAMP, **{"origin": 0, **values})
    got = ProtonMessage()
    got.decode(with_broker_properties(bytes(ProtonMessage(body="x").encode()), stamp))
    assert set(got.annotations or {}) == annotations
    assert got.instructions == delivery


def test_a_batch_is_known_by_its_format_alone() -> None:
    inner = bytes(ProtonMessage(body="x").encode())
    data = b"\x00\x53\x75" + encode.binary(inner)
    assert len(messages_in(data + data, BATCH_FORMAT)) == 2
    assert len(messages_in(data + data, 0)) == 1
    assert messages_in(b"", BATCH_FORMAT) == []
    with pytest.raises(MalformedError):
        messages_in(inner, BATCH_FORMAT)
    with pytest.raises(MalformedError):
        messages_in(inner, 17)


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"\x00\x53\x79\x40",
        b"\x00\x53\x75\xa0\x01a\x00\x53\x73\x45",  # properties behind the body
        b"\x00\x53\x77\x40\x00\x53\x77\x40",  # two values
        b"\x00\x53\x77\x40\x00\x53\x75\xa0\x00",  # a value and data
        b"\x00\x53\x73\xa1\x01x",  # properties that are no list
        b"\x00\x53\x74\xc1\x04\x02\xa1\x01",  # a map that is cut off
    ],
)
def test_bytes_that_are_no_message_are_malformed(content: bytes) -> None:
    with pytest.raises(MalformedError):
        Message.parse(content)


def frame(body: bytes, kind: int = 0) -> bytes:
    return struct.pack(">IBBH", len(body) + 8, 2, kind, 0) + body


def transfer(*fields: bytes) -> bytes:
    return frame(b"\x00\x53\x14" + encode.sequence(fields) + b"payload")


def test_frames_are_cut_wherever_the_bytes_break() -> None:
    stream = b"AMQP\x03\x01\x00\x00" + frame(b"sasl", 1) + b"AMQP\x00\x01\x00\x00" + frame(b"")
    whole = [b"AMQP\x03\x01\x00\x00", frame(b"sasl", 1), b"AMQP\x00\x01\x00\x00", frame(b"")]
    for step in (1, 3, 8, len(stream)):
        frames, found = Frames(), []
        for at in range(0, len(stream), step):
            frames.feed(stream[at : at + step])
            found += [each.content for each in frames.take(100)]
        assert found == whole


def test_the_message_format_is_read_from_the_transfer() -> None:
    uint, tag = encode.uint, encode.binary(b"tag")
    frames = Frames()
    frames.feed(transfer(uint(1), uint(2), tag, uint(BATCH_FORMAT)))
    frames.feed(transfer(uint(1), uint(3), tag, uint(0), encode.boolean(True)))
    frames.feed(transfer(uint(1)))
    frames.feed(frame(b"\x00\x53\x13" + encode.sequence((uint(1), uint(2), tag, uint(5)))))
    frames.feed(frame(b"\x00\xa3\x12amqp:transfer:list" + encode.sequence((uint(1),) * 4)))
    found = [each.message_format for each in frames.take(100)]
    assert found == [BATCH_FORMAT, 0, None, None, 1]


@pytest.mark.parametrize("size", [0, 7, 65537, 0xFFFFFFFF])
def test_a_frame_of_no_size_or_too_much_is_refused(size: int) -> None:
    frames = Frames()
    frames.feed(struct.pack(">IBBH", size, 2, 0, 0))
    with pytest.raises(FramingError):
        list(frames.take(1))
