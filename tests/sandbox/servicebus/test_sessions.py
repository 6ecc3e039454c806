"""Errors of clients in a session that Azure tolerates."""

import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.servicebus import ServiceBusMessage
from proton import Message

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.frames import read
from sandbox.servicebus.amqp.sessions import Sessions
from tests.sandbox.servicebus.harness import Running, until
from tests.sandbox.servicebus.raw import (
    BEGIN,
    DETACH,
    DISPOSITION,
    END,
    FLOW,
    NULL,
    TRANSFER,
    ZERO,
    Raw,
    accepted,
    attach,
    frame,
    on_channel,
    transfer,
)

NO, YES = encode.boolean(False), encode.boolean(True)


@pytest.fixture
def client(bus: Running) -> Iterator[Raw]:
    """Return a client with two sending links, under the handles 2 and 3."""
    with Raw(bus) as raw:
        raw.open_cbs()
        raw.put_as("owner", "")
        raw.say(attach(2, "orders"), attach(3, "others"))
        yield raw
    bus.purge("orders")
    bus.purge("others")


def piece(handle: int, number: int, payload: bytes, *, more: bool) -> bytes:
    """Return one of several frames of a message."""
    tag = encode.binary(struct.pack(">I", number))
    fields = (encode.uint(handle), encode.uint(number), tag, ZERO, NO, encode.boolean(more))
    return frame(TRANSFER, *fields, payload=payload)


def settled(client: Raw, count: int) -> list[int]:
    """Return the numbers of the deliveries that the bus settles next, in its order."""
    numbers: list[int] = []
    while len(numbers) < count:
        role, first, last, done, *_ = client.hear(DISPOSITION).fields
        assert (role, done) == (True, True)
        numbers += range(first, (first if last is None else last) + 1)
    return numbers


@pytest.mark.parametrize("numbers", [(1, 2, 3, 4), (4, 3, 2, 1), (2, 1, 1, 2), (9, 1, 7, 1)])
def test_deliveries_may_come_in_any_order_and_are_settled_under_their_own_numbers(
    bus: Running, client: Raw, numbers: tuple[int, ...]
) -> None:
    sent = [
        transfer(2 + each % 2, number, Message("x"), settled=False)
        for each, number in enumerate(numbers)
    ]
    client.say(*sent)
    assert sorted(settled(client, 4)) == sorted(numbers)
    assert (bus.held()["queues/orders"], bus.held()["queues/others"]) == (2, 2)


def test_messages_of_several_links_may_come_in_pieces_between_each_other(
    bus: Running, client: Raw
) -> None:
    one, two = Message("one" * 10).encode(), Message("two" * 10).encode()
    client.say(
        piece(3, 5, one[:9], more=True),
        piece(2, 4, two[:9], more=True),
        piece(3, 5, one[9:], more=False),
        piece(2, 4, two[9:], more=False),
        transfer(2, 6, Message("three"), settled=False),
    )
    assert sorted(settled(client, 3)) == [4, 5, 6]
    assert (bus.held()["queues/orders"], bus.held()["queues/others"]) == (2, 1)


def test_what_is_settled_before_it_is_sent_needs_no_number_that_is_kept() -> None:
    sessions = Sessions()
    sessions.incoming(read(frame(BEGIN, NULL, ZERO, ZERO, ZERO)))
    sessions.incoming(read(attach(2, "orders")))
    for number in range(1000, 0, -1):
        sessions.incoming(read(transfer(2, number, Message("x"))))
    [session] = sessions._sessions.values()
    assert not session.renumbered


@pytest.mark.parametrize(
    "said",
    [
        frame(DETACH, encode.uint(77), YES),
        frame(FLOW, ZERO, ZERO, ZERO, ZERO, encode.uint(77), ZERO, encode.uint(1)),
        accepted(77),
        accepted(77, settled=False),
        frame(DISPOSITION, NO, encode.uint(77), NULL, YES),
        *(
            on_channel(5, each)
            for each in (
                frame(END),
                frame(DETACH, encode.uint(2), YES),
                accepted(0),
                frame(FLOW, ZERO, ZERO, ZERO, ZERO),
            )
        ),
    ],
    ids=[
        "detach",
        "flow",
        "accepted",
        "accepted-unsettled",
        "sent",
        "end-there",
        "detach-there",
        "settle-there",
        "flow-there",
    ],
)
def test_a_frame_without_its_channel_or_handle_is_dropped(
    bus: Running, client: Raw, said: bytes
) -> None:
    client.say(said, transfer(2, 1, Message("x"), settled=False))
    assert settled(client, 1) == [1]


def test_a_link_may_be_detached_twice_and_its_session_be_ended_twice(
    bus: Running, client: Raw
) -> None:
    gone = frame(DETACH, encode.uint(3), YES)
    client.say(gone, gone)
    client.hear(DETACH)
    client.say(frame(END), frame(END))
    client.hear(END)
    client.say(frame(BEGIN, NULL, ZERO, *[encode.uint(1000)] * 2))
    client.hear(BEGIN)
    client.say(attach(2, "orders"), transfer(2, 1, Message("x"), settled=False))
    assert settled(client, 1) == [1]


def test_a_new_session_starts_its_numbers_again(client: Raw) -> None:
    client.say(*(transfer(2, each, Message("x"), settled=False) for each in (9, 8)))
    assert sorted(settled(client, 2)) == [8, 9]
    client.say(frame(END))
    client.hear(END)
    client.say(frame(BEGIN, NULL, ZERO, *[encode.uint(1000)] * 2), attach(2, "orders"))
    client.hear(BEGIN)
    client.say(*(transfer(2, each, Message("x"), settled=False) for each in (3, 2)))
    assert sorted(settled(client, 2)) == [2, 3]


def test_threads_that_share_a_receiver_of_the_sdk_all_peek(bus: Running) -> None:
    with bus.client("owner") as sdk, sdk.get_queue_sender("orders") as sender:
        sender.send_messages([ServiceBusMessage("x") for _ in range(10)])
        with sdk.get_queue_receiver("orders") as receiver, ThreadPoolExecutor(10) as pool:
            peeks = [pool.submit(receiver.peek_messages, 1, sequence_number=1) for _ in range(20)]
            assert [len(each.result(20)) for each in peeks] == [1] * 20
    until(lambda: bus.held()["queues/orders"] == 10)
    bus.purge("orders")
