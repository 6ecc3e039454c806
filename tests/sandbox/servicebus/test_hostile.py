"""Hostile and broken clients: each can end its own connection, and disturbs no other client."""

import asyncio
import socket
import struct
from collections.abc import Iterator

import aiohttp
import pytest
from azure.servicebus import TransportType
from proton import Delivery, Message, ProtonException
from proton.utils import LinkDetached, SendException

from sandbox.servicebus.amqp import encode
from tests.sandbox.servicebus.harness import Running, trust, until
from tests.sandbox.servicebus.peer import Peer
from tests.sandbox.servicebus.raw import AMQP, HELLO, NULL, SASL, frame, hello


@pytest.fixture(autouse=True)
def others_go_on(bus: Running) -> Iterator[None]:
    """Assert that another client sends and receives as before."""
    yield
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "orders")
        peer.sender("orders").send(Message("still here"))
        receiver = peer.receiver("orders")
        assert receiver.receive().body == "still here"
        receiver.accept()
    until(lambda: bus.held()["queues/orders"] == 0)


def attach(name: bytes, address: bytes, *, sends: bool = True) -> bytes:
    """Return an attach with these raw values for the link's name and its address."""
    terminus = b"\x00\x53\x29" + encode.sequence((address,))
    source = b"\x00\x53\x28" + encode.sequence((address,))
    settle = b"\x50\x00"
    first = encode.uint(0)
    rest = (NULL, NULL, first) if sends else ()
    return frame(
        0x12, name, first, encode.boolean(not sends), settle, settle, source, terminus, *rest
    )


def response_to(bus: Running, *pieces: bytes, expected: bytes = b"", silence: float = 60) -> bytes:
    """Return the answer to these bytes, until the bus hangs up or is silent for so long.

    It ends with what is `expected`, too, for a bus that would then wait for more.
    """
    with socket.create_connection(("127.0.0.1", bus.plain_port), timeout=60) as client:
        for piece in pieces:
            client.sendall(piece)
        answer = b""
        client.settimeout(silence)
        try:
            while not (expected and expected in answer) and (data := client.recv(65536)):
                answer += data
        except (TimeoutError, ConnectionError):
            pass
        return answer


@pytest.mark.parametrize(
    "noise",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        SASL + b"\xff" * 64,
        SASL + AMQP + b"\x00\x00\x00\x09\x02\x00\x00\x00\xc0",
        HELLO + struct.pack(">IBBH", 0x7FFFFFFF, 2, 0, 0),
        HELLO + struct.pack(">IBBH", 8, 9, 0, 0),
        HELLO + frame(0x14, encode.uint(77), encode.uint(0), encode.binary(b"t")),
        HELLO + frame(0x55),
        HELLO + attach(b"\xa1\x02\xff\xfe", encode.string("$cbs")),
        HELLO + attach(encode.string("x"), b"\xa1\x02\xff\xfe"),
        HELLO + attach(encode.string("x"), encode.integer(5)),
        HELLO + attach(encode.string("x"), NULL),
        HELLO + b"\x00\x00\x00\x08\x02\x00\x00\x00" * 10_000,
    ],
    ids=range(13),
)
def test_noise_ends_its_own_connection_at_most(bus: Running, noise: bytes) -> None:
    response_to(bus, noise, silence=0.3)


def test_a_frame_that_is_too_long_ends_in_its_own_error(bus: Running) -> None:
    answer = response_to(bus, HELLO, struct.pack(">IBBH", 70_000, 2, 0, 0))
    assert b"amqp:connection:framing-error" in answer


@pytest.mark.parametrize("handle", [NULL, encode.integer(0), encode.string("0")])
def test_a_message_without_a_handle_ends_the_connection(bus: Running, handle: bytes) -> None:
    opened = attach(encode.string("x"), encode.string("$cbs"))
    transfer = frame(0x14, handle, encode.uint(0), encode.binary(b"tag"), encode.uint(0))
    assert b"a frame of a link without a handle" in response_to(bus, HELLO, opened, transfer)


@pytest.mark.parametrize("behind", [b"\xff", b"\x40", b"\xa0\x50"], ids=bytes.hex)
def test_a_performative_that_cannot_be_read_ends_the_connection(
    bus: Running, behind: bytes
) -> None:
    """proton reads a list with bytes behind its last element, so that no limit would hold."""
    opened = attach(encode.string("x"), encode.string("$cbs"), sends=False)
    whole = frame(0x14, encode.uint(0), encode.uint(0), encode.binary(b"tag"), encode.uint(0))
    size = whole[12] + len(behind)
    longer = struct.pack(">I", len(whole) + len(behind)) + whole[4:12] + bytes((size,))
    answer = response_to(bus, HELLO, opened, longer + whole[13:] + behind)
    assert b"a frame that cannot be read" in answer


@pytest.mark.parametrize("tag", [b"tag", b""])
def test_a_message_on_a_link_that_receives_ends_the_connection(bus: Running, tag: bytes) -> None:
    """Nothing would read it: proton would keep up to a session's window of such messages."""
    answers = [
        response_to(
            bus,
            HELLO,
            attach(encode.string("x"), encode.string("$cbs"), sends=sends),
            frame(
                0x14, *map(encode.uint, (0, 0)), encode.binary(tag), encode.uint(0), payload=b"?"
            ),
            silence=0.3 if sends else 60,
        )
        for sends in (True, False)
    ]
    refused = b"a transfer on a link that receives"
    assert [refused in each for each in answers] == [False, True]
    assert b"amqp:connection:framing-error" in answers[1]


def test_a_message_that_never_ends_is_not_kept(bus: Running) -> None:
    """Ten times the limit, in parts, and then the end: rejected, and the memory is free again."""
    with Peer(bus.plain_port, timeout=20) as peer:
        peer.put_as("owner", "orders")
        sender = peer.sender("orders")
        with pytest.raises(SendException):
            sender.send(Message(b"x" * 2_600_000))
        sender.send(Message("small"))
        receiver = peer.receiver("orders")
        assert receiver.receive().body == "small"
        receiver.accept()


def test_bytes_that_are_no_message_are_rejected_and_the_link_stays_open(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "orders")
        sender = peer.sender("orders")
        delivery = sender.link.delivery("odd")
        sender.link.stream(b"\x00\x53\x99rubbish")
        sender.link.advance()
        peer.wait(lambda: delivery.settled)
        assert delivery.remote.condition.name == "amqp:decode-error"
        sender.send(Message("fine"))
        receiver = peer.receiver("orders")
        receiver.receive()
        receiver.accept()


def test_a_client_that_does_not_read_does_not_stall_the_others(bus: Running) -> None:
    """It gets as much as fits its buffers. The rest waits for other receivers."""
    with Peer(bus.plain_port, timeout=20) as feeder, Peer(bus.plain_port) as lazy:
        feeder.put_as("owner", "others")
        lazy.put_as("owner", "others")
        sender = feeder.sender("others")
        lazy.receiver("others", credit=1000)  # and never looks again
        count = 60
        for number in range(count):
            sender.send(Message(bytes(200_000), id=number))
        eager = feeder.receiver("others", credit=1)
        eager.receive()
        eager.accept()
        assert bus.locked("others") < count
    bus.purge("others")


def test_another_namespace_is_not_served(bus: Running) -> None:
    with pytest.raises(ProtonException, match="amqp:not-found"):
        Peer(bus.plain_port, host="other.servicebus.windows.net").put_as("owner")
    elsewhere = hello(host="other.servicebus.windows.net")
    before = len(bus.records())
    answer = response_to(bus, elsewhere + attach(encode.string("x"), encode.string("orders")))
    assert b"amqp:not-found" in answer
    assert len(bus.records()) == before


def test_a_state_that_is_not_final_settles_nothing(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "others")
        peer.sender("others").send(Message("x"))
        receiver = peer.receiver("others")
        receiver.receive()
        delivery = receiver.fetcher.unsettled.popleft()
        delivery.update(Delivery.RECEIVED)
        peer.put_as("owner", "others")  # so that the bus has certainly seen it
        assert bus.locked("others") == 1
        assert peer.settle(delivery, Delivery.ACCEPTED) is None
        assert bus.held()["queues/others"] == 0


def test_draining_is_answered(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "others")
        receiver = peer.receiver("others", credit=10)
        receiver.link.drain(0)
        peer.wait(lambda: not receiver.link.draining())
        assert receiver.link.credit == 0


def test_transactions_and_forwarding_are_refused_by_name(bus: Running) -> None:
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "orders")
        with pytest.raises(LinkDetached, match="does not support forwarding"):
            peer.receiver("orders/$Transfer/$DeadLetterQueue")
    coordinator = frame(
        0x12,
        encode.string("tx"),
        encode.uint(0),
        encode.boolean(False),
        b"\x50\x00",
        b"\x50\x00",
        b"\x00\x53\x28" + encode.sequence(()),
        b"\x00\x53\x30" + encode.sequence(()),
        NULL,
        NULL,
        encode.uint(0),
    )
    refused = b"does not support transactions"
    assert refused in response_to(bus, HELLO + coordinator, expected=refused)


def test_a_websocket_that_speaks_text_is_closed(bus: Running) -> None:
    async def speak() -> aiohttp.WSMsgType:
        port = bus.ports[TransportType.AmqpOverWebsocket]
        url = f"wss://127.0.0.1:{port}/$servicebus/websocket"
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(url, ssl=trust(), protocols=["AMQPWSB10"]) as websocket,
        ):
            assert websocket.protocol == "AMQPWSB10"
            await websocket.send_str("hello")
            return (await websocket.receive(5)).type

    closed = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    assert asyncio.run(speak()) in closed


def test_a_gate_that_cannot_record_admits_no_link(bus: Running) -> None:
    """Without an audit there is no decision: the connection ends instead."""
    with Peer(bus.plain_port) as peer:
        peer.put_as("owner", "orders")
        with bus.failing_audit(), pytest.raises(ProtonException, match="disconnected"):
            peer.receiver("orders")
