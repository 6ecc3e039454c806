"""A client that does not wait for answers: its messages on a refused link get nowhere."""

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from proton import Message

from sandbox.audit import Outcome
from sandbox.servicebus.amqp import encode
from tests.sandbox.servicebus.harness import Credential, Running, until
from tests.sandbox.servicebus.peer import HOST
from tests.sandbox.servicebus.raw import HELLO, ZERO, attach, frame, transfer
from tests.sandbox.servicebus.world import PRINCIPALS

_BEGIN = b"\x00\x53\x11"
_FLOW, _DISPOSITION, _DETACH, _CLOSE = 0x13, 0x15, 0x16, 0x18
_ACCEPTED = b"\x00\x53\x24\x45"


def put(caller: str, number: int = 0) -> bytes:
    """Return a request with a token for the whole namespace, for the links of `token_of`."""
    token = Credential(PRINCIPALS[caller]).get_token().token
    properties = {"operation": "put-token", "type": "jwt", "name": f"sb://{HOST}"}
    request = Message(id="1", body=token, properties=properties, reply_to="link 1")
    return transfer(0, number, request)


def token_of(caller: str) -> bytes:
    """Return all frames that put a token: two links, and one request."""
    return attach(0, "$cbs") + attach(1, "$cbs", sends=False) + put(caller)


def credit(handle: int) -> bytes:
    """Return a flow with credit for one message."""
    window = encode.uint(1000)
    one = encode.uint(1)
    return frame(_FLOW, ZERO, window, one, window, encode.uint(handle), ZERO, one)


@pytest.fixture
def queues(bus: Running) -> Iterator[Running]:
    """Return the shared bus, whose two queues are empty before and after."""
    yield bus
    for name in ("orders", "others"):
        bus.purge(name)


def say(bus: Running, *pieces: bytes) -> None:
    """Send all frames in one write once a session is open, and wait until the bus has read them."""
    talk(bus, (b"".join(pieces), b""))


def talk(bus: Running, *steps: tuple[bytes, bytes]) -> None:
    """Send frames one by one, and wait for the answer of each that has one."""
    with socket.create_connection(("127.0.0.1", bus.plain_port), timeout=30) as client:
        for sent, answer in ((HELLO, _BEGIN), *steps):
            client.sendall(sent)
            heard = b""
            while answer not in heard:
                heard += (more := client.recv(65536))
                assert more, "the bus hung up"
        # The bus may hang up on unread frames: a link that it refused is no reason to wait.
        with suppress(ConnectionError):
            client.sendall(frame(_CLOSE))
            while client.recv(65536):
                pass


def held(bus: Running) -> tuple[int, int]:
    found = bus.held()
    return found["queues/orders"], found["queues/others"]


TWO = attach(2, "orders") + attach(3, "others")
BOTH = transfer(2, 1, Message("mine")) + transfer(3, 2, Message("not mine"))


@pytest.mark.parametrize(
    ("caller", "kept"),
    [("namespace-sender", (1, 1)), ("orders-sender", (1, 0)), ("others-sender", (0, 1))],
)
def test_one_links_right_is_no_right_on_another_link_of_the_connection(
    queues: Running, caller: str, kept: tuple[int, int]
) -> None:
    before = len(queues.records())
    say(queues, token_of(caller), TWO, BOTH)
    until(lambda: held(queues) == kept)
    outcomes = [each.outcome for each in queues.records()[before:]]
    assert outcomes.count(Outcome.ALLOWED) == sum(kept)
    assert outcomes.count(Outcome.DENIED) == 2 - sum(kept)


def test_a_link_opened_again_under_its_name_and_handle_is_decided_again(queues: Running) -> None:
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


def test_a_client_that_says_everything_in_one_write_is_served(queues: Running) -> None:
    """The SASL header, OPEN, BEGIN, the token, a link and a message, before the first answer."""
    everything = HELLO + token_of("owner") + attach(2, "orders") + transfer(2, 1, Message("x"))
    with socket.create_connection(("127.0.0.1", queues.plain_port), timeout=30) as client:
        client.sendall(everything)
        until(lambda: held(queues) == (1, 0))
        heard = b""
        while b"\x00\x53\x13" not in heard:  # a FLOW: credit for the link
            heard += client.recv(65536)
    assert heard.count(_BEGIN) == 1


def test_what_is_sent_before_a_token_gets_nowhere(queues: Running) -> None:
    say(queues, TWO, BOTH, token_of("namespace-sender"))
    assert held(queues) == (0, 0)


def test_what_is_sent_on_a_link_that_receives_gets_nowhere(queues: Running) -> None:
    for sends, kept in ((False, (0, 0)), (True, (1, 0))):
        link = attach(2, "orders", sends=sends)
        say(queues, token_of("owner"), link, transfer(2, 1, Message("x")))
        assert held(queues) == kept


@pytest.mark.parametrize(
    ("caller", "answer", "kept"),
    [("others-sender", b"amqp:link:detach-forced", 1), ("others-receiver", b"", 0)],
)
def test_a_message_is_not_settled_by_a_link_that_a_new_token_ended(
    queues: Running, caller: str, answer: bytes, kept: int
) -> None:
    """Another principal's token keeps a link that it allows, and ends one that it does not."""
    say(queues, token_of("owner"), attach(2, "others"), transfer(2, 1, Message("for somebody")))
    settled = frame(_DISPOSITION, encode.boolean(True), ZERO, ZERO, encode.boolean(True), _ACCEPTED)
    receiver = attach(2, "others", sends=False) + credit(2)
    talk(
        queues,
        (token_of("owner") + receiver, b"for somebody"),
        (put(caller, 1), answer),
        (settled, b""),
    )
    assert held(queues) == (0, kept)
