"""The fastest bus in Python answers as the sandbox's clients expect."""

from pathlib import Path

import pytest
from proton import Message

from bench.bound.bus import Bound, Kept
from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.sections import value_section
from tests.sandbox.servicebus.raw import (
    DISPOSITION,
    HELLO,
    TRANSFER,
    accepted,
    attach,
    flow,
    frame,
    transfer,
)
from tests.sandbox.servicebus.strict import Reader


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """Return an empty store."""
    return Kept(tmp_path / "bound.sqlite")


class _Client:
    """A client of a bound, with a link beside those of `$cbs`, that reads strictly."""

    def __init__(self, kept: Kept, *, sends: bool) -> None:
        self.heard = bytearray()
        self._reader = Reader()
        self._bound = Bound(kept, self.heard.extend)
        self.say(HELLO + attach(0, "$cbs") + attach(1, "$cbs", sends=False))
        self.say(attach(2, "orders", sends=sends))

    def say(self, frames: bytes) -> bytes:
        """Send frames. Return the answer."""
        self.heard.clear()
        self._bound.feed(frames)
        answer = bytes(self.heard)
        self._reader.read(answer)
        return answer


@pytest.mark.parametrize("number", [0, 5, 1000])
def test_each_message_is_accepted_under_its_number(kept: Kept, number: int) -> None:
    answer = _Client(kept, sends=True).say(transfer(2, number, _message("x")))
    role, settled = encode.boolean(True), encode.boolean(True)
    fields = (role, encode.uint(number), encode.NULL, settled, b"\x00\x53\x24\x45")
    assert answer == frame(DISPOSITION, *fields)


def test_a_message_comes_for_each_credit_and_is_settled(kept: Kept) -> None:
    _Client(kept, sends=True).say(transfer(2, 1, _message("x")) + transfer(2, 2, _message("y")))
    client = _Client(kept, sends=False)
    assert client.say(flow(2, 0)) == b""
    first, second = client.say(flow(2, 1)), client.say(flow(2, 1))
    assert [_body(each) for each in (first, second)] == ["x", "y"]
    assert client.say(accepted(1, settled=False))[10] == DISPOSITION


def test_a_message_is_stored_until_it_is_completed(kept: Kept) -> None:
    _Client(kept, sends=True).say(transfer(2, 1, _message("x")))
    client = _Client(kept, sends=False)
    client.say(flow(2, 1))
    assert len(kept) == 1
    client.say(accepted(1, settled=False))
    assert len(kept) == 0


def test_frames_that_come_together_are_each_answered(kept: Kept) -> None:
    both = transfer(2, 1, _message("x")) + transfer(2, 2, _message("y"))
    client = _Client(kept, sends=True)
    assert client.say(both).count(bytes((0x00, 0x53, DISPOSITION))) == 2
    assert client.say(flow(2, 100)) == b""


def _body(answer: bytes) -> object:
    assert answer[10] == TRANSFER
    message = Message()
    message.decode(answer[13 + answer[12] :])
    annotations = dict(message.annotations or {})
    assert annotations["x-opt-locked-until"] > annotations["x-opt-enqueued-time"]
    return message.body


def _message(body: str) -> Message:
    """Return a message that is encoded without a header, as Azure's SDK does."""

    class Headless(Message):
        """A body alone."""

        def encode(self) -> bytes:
            """Return the section."""
            return value_section(encode.string(body))

    return Headless()
