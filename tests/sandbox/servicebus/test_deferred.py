"""Deferred messages: set aside, and received by their sequence numbers alone."""

from pathlib import Path

import pytest
from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusMessageState,
    ServiceBusReceivedMessage,
    ServiceBusReceiveMode,
    ServiceBusReceiver,
    ServiceBusSubQueue,
)
from azure.servicebus.exceptions import MessageLockLostError, MessageNotFoundError

from sandbox.servicebus.serve.locking import LockLostError
from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.schedule import MessageNotFoundError as NotFoundError
from sandbox.servicebus.serve.settlement import Abandon, Complete, DeadLetter, Defer
from sandbox.servicebus.serve.subqueue import Subqueue, TooLargeError
from tests.sandbox.servicebus.broker import Setup, take
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.messages import message

_SIZE = 1_000_000


def defer(
    client: ServiceBusClient, receiver: ServiceBusReceiver, *texts: str
) -> list[ServiceBusReceivedMessage]:
    """Send messages, receive and defer them."""
    with client.get_queue_sender("orders") as sender:
        sender.send_messages([ServiceBusMessage(each) for each in texts])
    found: list[ServiceBusReceivedMessage] = []
    while len(found) < len(texts):
        found += receiver.receive_messages(len(texts), max_wait_time=10)
    for each in found:
        receiver.defer_message(each)
    return found


def numbers(messages: list[ServiceBusReceivedMessage]) -> list[int]:
    return [each.sequence_number or 0 for each in messages]


def test_a_deferred_message_is_received_by_its_number_and_settled_in_every_way(
    bus: Running,
) -> None:
    with bus.client("owner") as client, client.get_queue_receiver("orders") as receiver:
        deferred = numbers(defer(client, receiver, *"abcd"))
        assert receiver.receive_messages(max_wait_time=0.2) == []
        shown = receiver.peek_messages(10, sequence_number=deferred[0])
        assert {each.state for each in shown} == {ServiceBusMessageState.DEFERRED}
        complete, abandon, again, dead_letter = receiver.receive_deferred_messages(deferred)
        assert {each.delivery_count for each in (complete, abandon)} == {1}
        assert complete.state == ServiceBusMessageState.DEFERRED
        assert receiver.renew_message_lock(complete)
        receiver.complete_message(complete)
        receiver.abandon_message(abandon)
        receiver.defer_message(again)
        receiver.dead_letter_message(dead_letter, reason="Unreadable")
        left = receiver.receive_deferred_messages(deferred[1:3])
        assert [(str(each), each.delivery_count) for each in left] == [("b", 2), ("c", 2)]
        for each in left:
            receiver.complete_message(each)
        with pytest.raises(MessageNotFoundError):
            receiver.receive_deferred_messages(deferred)
        with client.get_queue_receiver(
            "orders",
            sub_queue=ServiceBusSubQueue.DEAD_LETTER,
            receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE,
        ) as dead:
            (got,) = dead.receive_messages(max_wait_time=10)
        assert (str(got), got.dead_letter_reason) == ("d", "Unreadable")


def test_deferred_messages_can_be_received_and_deleted_at_once(bus: Running) -> None:
    with bus.client("owner") as client, client.get_queue_receiver("orders") as receiver:
        deferred = numbers(defer(client, receiver, *"ab"))
        with client.get_queue_receiver(
            "orders", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
        ) as taker:
            assert [str(each) for each in taker.receive_deferred_messages(deferred)] == ["a", "b"]
            with pytest.raises(MessageNotFoundError):
                taker.receive_deferred_messages(deferred)


def test_a_deferred_message_that_is_settled_cannot_be_settled_again(bus: Running) -> None:
    with bus.client("owner") as client, client.get_queue_receiver("orders") as receiver:
        deferred = numbers(defer(client, receiver, "a"))
        (got,) = receiver.receive_deferred_messages(deferred)
        receiver.complete_message(got)
        got._settled = False
        with pytest.raises(MessageLockLostError):
            receiver.complete_message(got)


def held_by_number(subqueue: Subqueue, *sequences: int) -> list[str]:
    """Return the tokens of deferred messages."""
    found = subqueue.receive_deferred(sequences, _SIZE, and_delete=False)
    return [each.token or "" for each in found]


def test_a_lock_on_a_deferred_message_ends_and_it_stays_deferred(setup: Setup) -> None:
    setup.send("queues/hasty", message())
    hasty = setup.entity("queues/hasty").active
    hasty.settle(take(hasty), Defer())
    (token,) = held_by_number(hasty, 1)
    with pytest.raises(NotFoundError):
        held_by_number(hasty, 1)
    setup.pass_time(1)
    with pytest.raises(LockLostError):
        hasty.settle(token, Complete())
    assert hasty.receive(and_delete=False) is None
    (token,) = held_by_number(hasty, 1)
    hasty.settle(token, Complete())
    assert len(hasty) == 0


def test_an_abandoned_deferred_message_is_dead_lettered_in_the_end(setup: Setup) -> None:
    setup.send("queues/orders", message())
    orders = setup.entity("queues/orders")
    orders.active.settle(take(orders.active), Defer())
    for _ in range(2):
        orders.active.settle(held_by_number(orders.active, 1)[0], Abandon())
    assert (len(orders.active), len(orders.dead_letters)) == (0, 1)
    assert take(orders.dead_letters)


def test_a_deferred_message_does_not_expire(setup: Setup) -> None:
    setup.send("queues/mortal", message(time_to_live=5))
    mortal = setup.entity("queues/mortal")
    mortal.active.settle(take(mortal.active), Defer())
    setup.pass_time(100)
    assert (len(mortal.active), len(mortal.dead_letters)) == (1, 0)
    assert held_by_number(mortal.active, 1)


def test_a_dead_letter_can_be_deferred(setup: Setup) -> None:
    setup.send("queues/orders", message())
    orders = setup.entity("queues/orders")
    orders.active.settle(take(orders.active), DeadLetter("Unreadable"))
    orders.dead_letters.settle(take(orders.dead_letters), Defer({"seen": True}))
    restarted = setup.restarted().entity("queues/orders")
    (content,) = restarted.dead_letters.peek(1, 1)
    assert Message.parse(content).application_properties == {
        "DeadLetterReason": "Unreadable",
        "seen": True,
    }
    assert restarted.dead_letters.receive(and_delete=False) is None
    assert held_by_number(restarted.dead_letters, 1)


def test_deferring_survives_a_restart(tmp_path: Path) -> None:
    first = Setup(tmp_path / "bus.sqlite")
    first.send("queues/orders", message(b"a"), message(b"b"))
    orders = first.entity("queues/orders").active
    orders.settle(take(orders), Defer())
    orders = first.restarted().entity("queues/orders").active
    (waiting,) = [orders.receive(and_delete=True)]
    assert waiting
    assert waiting.content.endswith(b"b")
    assert held_by_number(orders, 1)


def test_one_that_is_missing_locks_none(setup: Setup) -> None:
    setup.send("queues/orders", message(), message())
    orders = setup.entity("queues/orders").active
    orders.settle(take(orders), Defer())
    for wrong in ([1, 2], [1, 99]):
        with pytest.raises(NotFoundError):
            held_by_number(orders, *wrong)
    assert len(held_by_number(orders, 1, 1)) == 1


def test_more_than_one_reply_may_hold_is_refused_and_locks_none(setup: Setup) -> None:
    setup.send("queues/orders", message(bytes(600)), message(bytes(600)))
    orders = setup.entity("queues/orders").active
    for _ in range(2):
        orders.settle(take(orders), Defer())
    with pytest.raises(TooLargeError):
        orders.receive_deferred([1, 2], 1000, and_delete=False)
    assert len(held_by_number(orders, 1, 2)) == 2
