"""The strict decoder: it accepts the specification's examples, and nothing outside it."""

import pytest
from proton import Message, symbol

from sandbox.servicebus.amqp import encode
from tests.sandbox.servicebus import strict
from tests.sandbox.servicebus.raw import ATTACH, CLOSE, OPEN, TRANSFER, accepted, frame

OPENED = frame(OPEN, encode.string("me"))


def error(key: bytes) -> bytes:
    """Return an error with one entry in its info."""
    info = encode.mapping((key, encode.string("y")))
    fields = (encode.symbol("amqp:x"), encode.string("why"), info)
    return b"\x00\x53\x1d" + encode.sequence(fields)


def test_a_symbol_for_a_key_of_an_error_is_taken() -> None:
    strict.Reader().read(OPENED + frame(CLOSE, error(encode.symbol("x"))))


@pytest.mark.parametrize(
    ("said", "violation"),
    [
        (frame(CLOSE, error(encode.string("x"))), "close.error: error.info: a string for a key"),
        (frame(OPEN, encode.symbol("me")), "open.container-id: a symbol"),
        (frame(OPEN), "open.container-id: is mandatory"),
        (frame(OPEN, *[encode.string("me")] * 11), "open has too many fields"),
        (frame(ATTACH, encode.string("x"), encode.uint(0), encode.integer(1)), "attach.role: a"),
        (accepted(1), "a disposition on channel 0, which has no session"),
        (frame(CLOSE) + frame(CLOSE), "something follows a close"),
        (frame(0x19), "no 25 belongs here"),
    ],
)
def test_what_the_specification_does_not_have_is_a_violation(said: bytes, violation: str) -> None:
    with pytest.raises(strict.ViolationError, match=violation):
        strict.Reader().read(said)


def test_the_transfers_of_a_client_of_another_make_are_taken() -> None:
    message = Message("x", id="1", properties={"a": 1}, annotations={symbol("b"): 2}).encode()
    fields = (encode.uint(0), encode.uint(0), encode.binary(b"1"))
    reader = strict.Reader()
    reader.read(frame(0x11, encode.NULL, *[encode.uint(1)] * 3))
    reader.read(frame(TRANSFER, *fields, payload=message))


@pytest.mark.parametrize(
    ("content", "violation"),
    [
        (b"\x00\x53\x74" + encode.mapping((encode.symbol("a"), encode.NULL)), "a symbol for a key"),
        (b"\x00\x53\x72" + encode.mapping((encode.string("a"), encode.NULL)), "a string for a key"),
        (b"\x00\x53\x73" + encode.sequence((encode.symbol("id"),)), "properties.message-id"),
        (b"\x00\x53\x70" + encode.sequence((encode.uint(1),)), "header.durable"),
        (b"\x00\x53\x77\x40\x00\x53\x75\xa0\x00", "section 0x75 after 0x77"),
        (b"\x00\x53\x73\x45", "without a body"),
    ],
)
def test_a_section_of_other_types_is_a_violation(content: bytes, violation: str) -> None:
    with pytest.raises(strict.ViolationError, match=violation):
        strict.message(content)
