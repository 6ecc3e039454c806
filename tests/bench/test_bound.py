"""The fastest bus in Python answers as the sandbox's clients expect."""

import pytest
from proton import Message

from bench.bound.bus import Bound
from sandbox.servicebus.amqp import encode
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


class _Client:
    """A client of a bound, with a link beside those of `$cbs`, that reads strictly."""

    def __init__(self, *, sends: bool) -> None:
        self.heard = bytearray()
        self._reader = Reader()
        self._bound = Bound(self.heard.extend)
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
def test_each_message_is_accepted_under_its_number(number: int) -> None:
    answer = _Client(sends=True).say(transfer(2, number, Message("x")))
    role, settled = encode.boolean(True), encode.boolean(True)
    fields = (role, encode.uint(number), encode.NULL, settled, b"\x00\x53\x24\x45")
    assert answer == frame(DISPOSITION, *fields)


def test_a_message_comes_for_each_credit_and_is_settled() -> None:
    client = _Client(sends=False)
    assert client.say(flow(2, 0)) == b""
    first, second = client.say(flow(2, 1)), client.say(flow(2, 1))
    assert first[10] == second[10] == TRANSFER
    assert first != second
    assert client.say(accepted(1, settled=False))[10] == DISPOSITION


def test_frames_that_come_together_are_each_answered() -> None:
    both = transfer(2, 1, Message("x")) + transfer(2, 2, Message("y"))
    client = _Client(sends=True)
    assert client.say(both).count(bytes((0x00, 0x53, DISPOSITION))) == 2
    assert client.say(flow(2, 100)) == b""
