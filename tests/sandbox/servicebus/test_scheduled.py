"""Scheduled messages: kept until their time, shown when peeked, and cancelled by their numbers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusMessageState,
    ServiceBusReceivedMessage,
    ServiceBusReceiveMode,
)
from azure.servicebus.exceptions import MessageNotFoundError

from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.schedule import MessageNotFoundError as NotFoundError
from tests.sandbox.servicebus.broker import Setup, bodies
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.messages import message

FAR = datetime(2100, 1, 1, tzinfo=UTC)


def peeked(client: ServiceBusClient, queue: str = "orders") -> list[ServiceBusReceivedMessage]:
    with client.get_queue_receiver(queue) as receiver:
        return receiver.peek_messages(10)


def test_a_scheduled_message_arrives_at_its_time(bus: Running) -> None:
    with bus.client("owner") as client, client.get_queue_sender("orders") as sender:
        due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        sender.schedule_messages([ServiceBusMessage(each) for each in "ab"], due)
        sender.send_messages(ServiceBusMessage("c", scheduled_enqueue_time_utc=due))
        with client.get_queue_receiver(
            "orders", receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
        ) as receiver:
            found: list[ServiceBusReceivedMessage] = []
            while len(found) < 3:
                found += receiver.receive_messages(3, max_wait_time=10)
    assert [str(each) for each in found] == ["a", "b", "c"]
    assert {each.scheduled_enqueue_time_utc for each in found} == {due}
    assert all(each.enqueued_time_utc and each.enqueued_time_utc >= due for each in found)


def test_a_peek_shows_a_message_that_is_scheduled_and_cancelling_deletes_it(bus: Running) -> None:
    with bus.client("owner") as client, client.get_queue_sender("orders") as sender:
        first, second = sender.schedule_messages([ServiceBusMessage(each) for each in "ab"], FAR)
        sender.send_messages(ServiceBusMessage("c", scheduled_enqueue_time_utc=FAR))
        shown = peeked(client)
        assert {each.state for each in shown} == {ServiceBusMessageState.SCHEDULED}
        third = shown[2].sequence_number
        assert [each.sequence_number for each in shown[:2]] == [first, second]
        with pytest.raises(MessageNotFoundError):
            sender.cancel_scheduled_messages([first, 1_000_000])
        sender.cancel_scheduled_messages(second)
        assert [str(each) for each in peeked(client)] == ["a", "c"]
        sender.cancel_scheduled_messages([first, third or 0])
        assert peeked(client) == []
        with pytest.raises(MessageNotFoundError):
            sender.cancel_scheduled_messages(first)


async def schedule_and_cancel(bus: Running) -> list[int]:
    async with bus.async_client("owner") as client, client.get_queue_sender("orders") as sender:
        numbers = await sender.schedule_messages(ServiceBusMessage("x"), FAR)
        await sender.cancel_scheduled_messages(numbers)
        return numbers


def test_the_asynchronous_client_schedules_and_cancels_too(bus: Running) -> None:
    import asyncio

    assert len(asyncio.run(schedule_and_cancel(bus))) == 1


def test_a_topic_keeps_a_message_until_its_time(setup: Setup) -> None:
    topic, below = (
        setup.destination("topics/events"),
        setup.entity("topics/events/subscriptions/everything"),
    )
    kept, cancelled = topic.schedule([message(due=1010), message(due=1010)])
    topic.cancel([cancelled])
    assert (len(below.active), len(topic.scheduled)) == (0, 1)
    assert setup.broker.next_due() == 1010
    setup.pass_time(9.9)
    assert len(below.active) == 0
    setup.pass_time(0.1)
    (content,) = below.active.peek(1, 10)
    assert Message.parse(content).annotations["x-opt-enqueue-sequence-number"] == kept + 2
    assert len(topic.scheduled) == 0


def test_a_message_whose_time_has_passed_is_enqueued_at_once(setup: Setup) -> None:
    orders = setup.destination("queues/orders")
    orders.send([message(b"a", due=999)])
    (number,) = orders.schedule([message(b"b", due=1000)])
    assert number == 2
    assert bodies(setup.entity("queues/orders").active) == [b"a", b"b"]


def test_very_many_messages_become_due_in_several_turns(setup: Setup) -> None:
    setup.send("queues/orders", *(message(due=1001) for _ in range(1100)))
    counts = []
    for _ in range(3):
        setup.pass_time(1)
        counts.append(len(setup.entity("queues/orders").active))
    assert counts == [500, 1000, 1100]


def test_a_life_begins_when_the_message_is_enqueued(setup: Setup) -> None:
    setup.send("queues/orders", message(due=1100, time_to_live=10))
    setup.pass_time(100)
    setup.pass_time(9)
    assert len(setup.entity("queues/orders").active) == 1
    setup.pass_time(1)
    assert len(setup.entity("queues/orders").active) == 0


def test_cancelling_one_that_is_missing_cancels_none(setup: Setup) -> None:
    orders = setup.destination("queues/orders")
    (number,) = orders.schedule([message(due=2000)])
    with pytest.raises(NotFoundError):
        orders.cancel([number, 99])
    assert len(orders.scheduled) == 1


def test_a_duplicate_is_found_when_it_is_scheduled(setup: Setup) -> None:
    once = setup.destination("queues/once")
    first, again = once.schedule([message(message_id="a", due=1010) for _ in range(2)])
    assert first != again
    assert len(once.scheduled) == 1
    setup.pass_time(10)
    setup.send("queues/once", message(message_id="a"))
    assert len(setup.entity("queues/once").active) == 1


def test_scheduled_messages_and_their_numbers_survive_a_restart(tmp_path: Path) -> None:
    first = Setup(tmp_path / "bus.sqlite")
    kept, cancelled = first.destination("queues/orders").schedule(
        [message(b"kept", due=2000), message(b"cancelled", due=2000)]
    )
    first.destination("queues/orders").cancel([cancelled])
    first.destination("topics/events").schedule([message(b"event", due=2000)])
    second = first.restarted()
    orders = second.entity("queues/orders")
    assert bodies(orders.active) == [b"kept"]
    assert second.destination("queues/orders").schedule([message(due=3000)]) == [kept + 2]
    second.pass_time(1000)
    assert orders.active.receive(and_delete=True)
    assert bodies(second.entity("topics/events/subscriptions/everything").active) == [b"event"]
