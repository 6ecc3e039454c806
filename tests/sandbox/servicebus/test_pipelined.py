"""A client that does not wait for answers: what it sends on a refused link gets nowhere."""

import socket
import struct
from collections.abc import Iterator

import pytest
from proton import Message

from sandbox.audit import Outcome
from sandbox.servicebus.amqp import encode
from tests.sandbox.servicebus.harness import Credential, Running, until
from tests.sandbox.servicebus.peer import HOST
from tests.sandbox.servicebus.test_hostile import HELLO, NULL, frame
from tests.sandbox.servicebus.world import PRINCIPALS

ZERO = encode.uint(0)
_BEGIN, _DETACH, _CLOSE = b"\x00\x53\x11", 0x16, 0x18


def attach(handle: int, address: str, *, sends: bool = True, name: str = "") -> bytes:
    """An attach of a link that sends to `address`, or receives from it."""
    where = encode.sequence((encode.string(address),))
    source, target = b"\x00\x53\x28" + where, b"\x00\x53\x29" + where
    rest = (NULL, NULL, ZERO) if sends else ()
    modes = (b"\x50\x00", b"\x50\x00")
    kind = encode.boolean(not sends)
    called = encode.string(name or f"link {handle}")
    return frame(0x12, called, encode.uint(handle), kind, *modes, source, target, *rest)


def transfer(handle: int, number: int, message: Message) -> bytes:
    """One settled message on a link, whether there is credit for it or not."""
    tag = encode.binary(struct.pack(">I", number))
    fields = (encode.uint(handle), encode.uint(number), tag, ZERO, encode.boolean(True))
    return frame(0x14, *fields, payload=message.encode())


def token_of(who: str) -> bytes:
    """Everything that puts a token for the whole namespace: two links, and one request."""
    token = Credential(PRINCIPALS[who]).get_token().token
    properties = {"operation": "put-token", "type": "jwt", "name": f"sb://{HOST}"}
    request = Message(id="1", body=token, properties=properties, reply_to="link 1")
    links = attach(0, "$cbs") + attach(1, "$cbs", sends=False)
    return links + transfer(0, 0, request)


@pytest.fixture
def queues(bus: Running) -> Iterator[Running]:
    """The shared bus; the two queues are empty before and after."""
    yield bus
    for name in ("orders", "others"):
        bus.purge(name)


def say(bus: Running, *pieces: bytes) -> None:
    """All of it in one write once a session is open, then wait until the bus has read it."""
    with socket.create_connection(("127.0.0.1", bus.plain_port), timeout=5) as client:
        client.sendall(HELLO)
        answer = b""
        while _BEGIN not in answer:
            answer += (said := client.recv(65536))
            assert said, "the bus hung up"
        client.sendall(b"".join(pieces) + frame(_CLOSE))
        while client.recv(65536):
            pass


def held(bus: Running) -> tuple[int, int]:
    found = bus.held()
    return found["queues/orders"], found["queues/others"]


TWO = attach(2, "orders") + attach(3, "others")
BOTH = transfer(2, 1, Message("mine")) + transfer(3, 2, Message("not mine"))


@pytest.mark.parametrize(
    ("who", "kept"),
    [("namespace-sender", (1, 1)), ("orders-sender", (1, 0)), ("others-sender", (0, 1))],
)
def test_one_links_right_is_no_right_on_another_link_of_the_connection(
    queues: Running, who: str, kept: tuple[int, int]
) -> None:
    before = len(queues.records())
    say(queues, token_of(who), TWO, BOTH)
    until(lambda: held(queues) == kept)
    outcomes = [each.outcome for each in queues.records()[before:]]
    assert outcomes.count(Outcome.ALLOWED) == sum(kept)
    assert outcomes.count(Outcome.DENIED) == 2 - sum(kept)


def test_a_link_opened_again_under_its_name_and_handle_is_decided_anew(queues: Running) -> None:
    for second, kept in (("others", (1, 0)), ("orders", (2, 0))):
        queues.purge("orders")
        say(
            queues,
            token_of("orders-sender"),
            attach(2, "orders", name="one"),
            transfer(2, 1, Message("mine")),
            frame(_DETACH, encode.uint(2), encode.boolean(True)),
            attach(2, second, name="one"),
            transfer(2, 2, Message("perhaps mine")),
        )
        assert held(queues) == kept


def test_what_is_sent_before_a_token_gets_nowhere(queues: Running) -> None:
    say(queues, TWO, BOTH, token_of("namespace-sender"))
    assert held(queues) == (0, 0)


def test_what_is_sent_on_a_link_that_receives_gets_nowhere(queues: Running) -> None:
    for sends, kept in ((False, (0, 0)), (True, (1, 0))):
        link = attach(2, "orders", sends=sends)
        say(queues, token_of("owner"), link, transfer(2, 1, Message("x")))
        assert held(queues) == kept
