"""Messages through the unmodified SDK: sent, received, settled in every way, on both transports."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from azure.servicebus import (
    AutoLockRenewer,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiveMode,
    ServiceBusReceiver,
    ServiceBusSender,
    ServiceBusSubQueue,
    TransportType,
)
from azure.servicebus.amqp import AmqpAnnotatedMessage
from azure.servicebus.exceptions import (
    MessageLockLostError,
    MessageSizeExceededError,
)

from tests.sandbox.servicebus.harness import Running, in_parallel, until


@pytest.fixture(scope="module")
def client(bus: Running) -> Iterator[ServiceBusClient]:
    """Return a client that may do everything."""
    with bus.client("owner") as client:
        yield client


Send = Callable[..., None]


@pytest.fixture(scope="module")
def send(bus: Running) -> Iterator[Send]:
    """A function that sends messages, with one open sender for each queue."""
    with bus.client("owner") as client, ExitStack() as stack:
        senders: dict[str, ServiceBusSender] = {}

        def send(queue: str, *messages: ServiceBusMessage) -> None:
            if queue not in senders:
                senders[queue] = stack.enter_context(client.get_queue_sender(queue))
            for message in messages:
                senders[queue].send_messages(message)

        yield send


@pytest.fixture(autouse=True)
def nothing_is_left(bus: Running) -> Iterator[None]:
    """Fail a test that leaves messages behind, where another test would find them."""
    yield
    assert {path: held for path, held in bus.held().items() if held} == {}


def receive(receiver: ServiceBusReceiver, count: int) -> list[ServiceBusReceivedMessage]:
    """Receive so many messages, however many calls it takes."""
    found: list[ServiceBusReceivedMessage] = []
    while len(found) < count:
        more = receiver.receive_messages(max_message_count=count - len(found), max_wait_time=60)
        assert more, f"only {len(found)} of {count} came"
        found += more
    return found


def taken(
    client: ServiceBusClient, queue: str, count: int, sub_queue: ServiceBusSubQueue | None = None
) -> list[ServiceBusReceivedMessage]:
    """Receive so many messages, and delete them."""
    with client.get_queue_receiver(
        queue, sub_queue=sub_queue, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
    ) as receiver:
        return receive(receiver, count)


@pytest.mark.parametrize("transport", list(TransportType))
def test_a_message_arrives_as_it_was_sent(
    bus: Running, transport: TransportType, send: Send
) -> None:
    sent = ServiceBusMessage(
        b"body",
        subject="label",
        content_type="application/json",
        correlation_id="c-1",
        message_id="m-1",
        to="there",
        reply_to="here",
        partition_key="p",
        time_to_live=timedelta(minutes=5),
        application_properties={"n": 1, "t": "text", "f": 1.5, "b": True, "u": UUID(int=7)},
    )
    before = datetime.now(UTC)
    with bus.client("owner", transport) as client:
        send("orders", sent)
        with client.get_queue_receiver("orders") as receiver:
            (got,) = receive(receiver, 1)
            assert b"".join(got.body) == b"body"
            assert (got.subject, got.content_type, got.correlation_id) == (
                "label",
                "application/json",
                "c-1",
            )
            assert (got.message_id, got.to, got.reply_to) == ("m-1", "there", "here")
            assert got.partition_key == "p"
            assert got.time_to_live == timedelta(minutes=5)
            assert got.application_properties == {
                b"n": 1,
                b"t": b"text",
                b"f": 1.5,
                b"b": True,
                b"u": UUID(int=7),
            }
            assert got.delivery_count == 0
            assert got.sequence_number
            assert got.enqueued_sequence_number is None
            assert got.enqueued_time_utc
            # Over AMQP, times are whole milliseconds.
            assert before - timedelta(seconds=1) < got.enqueued_time_utc <= datetime.now(UTC)
            assert got.locked_until_utc
            assert got.locked_until_utc > before + timedelta(seconds=20)
            receiver.complete_message(got)


def test_each_way_to_settle_ends_where_azure_says(client: ServiceBusClient, send: Send) -> None:
    send("orders", *(ServiceBusMessage("x", message_id=each) for each in "abcd"))
    with client.get_queue_receiver("orders") as receiver:
        complete, abandon, dead_letter, defer = receive(receiver, 4)
        assert [each.message_id for each in (complete, abandon, dead_letter, defer)] == list("abcd")
        receiver.complete_message(complete)
        receiver.abandon_message(abandon)
        receiver.dead_letter_message(dead_letter, reason="Unreadable", error_description="not JSON")
        receiver.defer_message(defer)
        (again,) = receive(receiver, 1)
        assert (again.message_id, again.delivery_count) == ("b", 1)
        assert again.sequence_number == abandon.sequence_number
        receiver.complete_message(again)
        (deferred,) = receiver.receive_deferred_messages([defer.sequence_number or 0])
        assert (deferred.message_id, deferred.delivery_count) == ("d", 1)
        receiver.complete_message(deferred)
    (dead,) = taken(client, "orders", 1, ServiceBusSubQueue.DEAD_LETTER)
    assert dead.message_id == "c"
    assert dead.dead_letter_reason == "Unreadable"
    assert dead.dead_letter_error_description == "not JSON"
    assert dead.sequence_number == dead_letter.sequence_number
    assert b"".join(dead.body) == b"x"


def test_a_message_that_fails_too_often_is_dead_lettered(
    client: ServiceBusClient, send: Send
) -> None:
    send("orders", ServiceBusMessage("poison"))
    with client.get_queue_receiver("orders") as receiver:
        for attempt in range(3):
            (message,) = receive(receiver, 1)
            assert message.delivery_count == attempt
            receiver.abandon_message(message)
    (dead,) = taken(client, "orders", 1, ServiceBusSubQueue.DEAD_LETTER)
    assert dead.dead_letter_reason == "MaxDeliveryCountExceeded"
    assert (
        dead.dead_letter_error_description
        == "Message could not be consumed after 3 delivery attempts."
    )
    assert dead.delivery_count == 3


def test_a_lock_that_ends_gives_the_message_to_another(
    client: ServiceBusClient, send: Send
) -> None:
    send("hasty", ServiceBusMessage("x"))
    at_once = ServiceBusReceiveMode.RECEIVE_AND_DELETE
    with (
        client.get_queue_receiver("hasty") as slow,
        client.get_queue_receiver("hasty", receive_mode=at_once) as quick,
    ):
        (message,) = receive(slow, 1)
        (again,) = receive(quick, 1)
        assert again.delivery_count == 1
        message._expiry = datetime.now(UTC) + timedelta(minutes=1)  # the SDK would not even ask
        with pytest.raises(MessageLockLostError, match="The lock supplied is invalid"):
            slow.complete_message(message)
        with pytest.raises(MessageLockLostError):
            slow.renew_message_lock(message)


def test_a_renewed_lock_lasts(client: ServiceBusClient, send: Send) -> None:
    send("orders", ServiceBusMessage("x"))
    renewer = AutoLockRenewer()
    renewer._renew_period = 29  # seconds before the end of the lock, which takes 30
    with client.get_queue_receiver("orders") as receiver:
        (message,) = receive(receiver, 1)
        first = message.locked_until_utc
        assert first
        renewer.register(receiver, message, max_lock_renewal_duration=100)
        until(lambda: message.locked_until_utc and message.locked_until_utc > first)
        receiver.complete_message(message)
    renewer.close()


def test_a_lock_outlives_its_connection(bus: Running, send: Send) -> None:
    """The message waits for the lock to end, and the lost delivery counts."""
    with bus.client("owner") as client:
        send("hasty", ServiceBusMessage("x"))
        receiver = client.get_queue_receiver("hasty")
        (lost,) = receive(receiver, 1)
        handler: Any = receiver._handler
        handler._connection._transport.sock.close()
        at_once = ServiceBusReceiveMode.RECEIVE_AND_DELETE
        with client.get_queue_receiver("hasty", receive_mode=at_once) as other:
            (again,) = receive(other, 1)
            assert lost.locked_until_utc
            assert datetime.now(UTC) >= lost.locked_until_utc
            assert again.delivery_count == 1


def test_messages_expire_into_dead_letters_where_the_queue_says_so(
    client: ServiceBusClient, send: Send
) -> None:
    send("mortal", ServiceBusMessage("x", time_to_live=timedelta(seconds=1)))
    (dead,) = taken(client, "mortal", 1, ServiceBusSubQueue.DEAD_LETTER)
    assert dead.dead_letter_reason == "TTLExpiredException"
    assert dead.dead_letter_error_description == "The message expired and was dead lettered."


def test_messages_expire_into_nothing_elsewhere(client: ServiceBusClient, send: Send) -> None:
    with client.get_queue_receiver("fading") as receiver:
        assert receiver.peek_messages() == []
        send("fading", ServiceBusMessage("x", time_to_live=timedelta(hours=1)))
        (peeked,) = receiver.peek_messages()
        assert peeked.time_to_live == timedelta(minutes=10), "the queue's"
        send("fading", ServiceBusMessage("y", time_to_live=timedelta(seconds=1)))
        until(lambda: list(map(str, receiver.peek_messages(9, sequence_number=1))) == ["x"])
        receiver.complete_message(receive(receiver, 1)[0])


def test_a_duplicate_is_taken_and_dropped(client: ServiceBusClient, send: Send) -> None:
    send("once", *(ServiceBusMessage("x", message_id=each) for each in "aba"))
    with client.get_queue_sender("once") as sender:
        sender.send_messages([ServiceBusMessage("x", message_id=each) for each in "bc"])
    assert [each.message_id for each in taken(client, "once", 3)] == list("abc")


def test_a_batch_is_many_messages(client: ServiceBusClient, send: Send) -> None:
    with client.get_queue_sender("orders") as sender:
        batch = sender.create_message_batch()
        assert batch.max_size_in_bytes == 262144
        for number in range(20):
            batch.add_message(ServiceBusMessage(f"{number}", message_id=f"m{number}"))
        sender.send_messages(batch)
        sender.send_messages([ServiceBusMessage("large" * 20000), ServiceBusMessage("small")])
    got = taken(client, "orders", 22)
    assert [str(each) for each in got[:20]] == [f"{number}" for number in range(20)]
    assert str(got[20]) == "large" * 20000


def test_a_message_that_looks_like_a_batch_is_one_message(
    client: ServiceBusClient, send: Send
) -> None:
    """A batch is known by its message-format alone."""
    inner = ServiceBusMessage("x")
    with client.get_queue_sender("orders") as sender:
        batch = sender.create_message_batch()
        batch.add_message(inner)
        content = batch._message[5][0]
        looks_like_one = AmqpAnnotatedMessage(data_body=[bytes(content), bytes(content)])
        sender.send_messages(looks_like_one)
    (got,) = taken(client, "orders", 1)
    assert list(got.body) == [content, content]


def test_too_large_a_message_is_refused(client: ServiceBusClient, send: Send) -> None:
    """The link stays open, and takes the next message."""
    with client.get_queue_sender("orders") as sender:
        with pytest.raises(MessageSizeExceededError, match=r"exceeds the limit \(262144 bytes\)"):
            sender.send_messages(ServiceBusMessage(b"x" * 600_000))
        with pytest.raises(MessageSizeExceededError):
            sender.send_messages(ServiceBusMessage("A" * 256 * 1024))
        sender.send_messages(ServiceBusMessage("small"))
    assert [str(each) for each in taken(client, "orders", 1)] == ["small"]


def test_peeking_shows_without_locking(client: ServiceBusClient, send: Send) -> None:
    send("orders", *(ServiceBusMessage(each) for each in "abc"))
    with client.get_queue_receiver("orders") as receiver:
        seen = receiver.peek_messages(max_message_count=2)
        assert [str(each) for each in seen] == ["a", "b"]
        assert [str(each) for each in receiver.peek_messages(max_message_count=5)] == ["c"]
        assert receiver.peek_messages() == []
    assert [each.delivery_count for each in taken(client, "orders", 3)] == [0, 0, 0]


def test_prefetched_messages_go_back_uncounted_when_the_receiver_closes(
    client: ServiceBusClient, send: Send
) -> None:
    send("orders", *(ServiceBusMessage(f"{number}") for number in range(6)))
    with client.get_queue_receiver("orders", prefetch_count=5) as receiver:
        receiver.complete_message(receive(receiver, 1)[0])
    left = taken(client, "orders", 5)
    assert [str(each) for each in left] == ["1", "2", "3", "4", "5"]
    assert {each.delivery_count for each in left} == {0}


def test_a_topic_copies_to_the_subscriptions_whose_rules_match(
    client: ServiceBusClient, send: Send
) -> None:
    with client.get_topic_sender("events") as sender:
        for subject, price in (("red", 20), ("blue", 5), ("green", 0), ("green", 0)):
            sender.send_messages(
                ServiceBusMessage(
                    subject,
                    subject=subject,
                    message_id=subject,  # so that the second green is a duplicate
                    application_properties={"price": price},
                )
            )
    found: dict[str, list[ServiceBusReceivedMessage]] = {}

    def take(name: str) -> None:
        with client.get_subscription_receiver(
            "events", name, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
        ) as receiver:
            found[name] = receive(receiver, {"everything": 3}.get(name, 1))

    in_parallel(take, ("everything", "red", "cheap"))
    subjects = {name: [str(each) for each in messages] for name, messages in found.items()}
    # red by its rule, cheap by both of its rules at once, and yet in one copy.
    assert subjects["everything"] == ["red", "blue", "green"]
    assert subjects["red"] == ["red"]
    assert subjects["cheap"] == ["green"]
    numbers = {name: messages[-1] for name, messages in found.items()}
    assert numbers["cheap"].enqueued_sequence_number == (
        numbers["everything"].enqueued_sequence_number
    )


def test_many_clients_share_a_queue_and_each_message_goes_to_one(bus: Running) -> None:
    expected = {f"{client}-{number}" for client in range(6) for number in range(20)}
    got: list[str] = []

    def produce(client: int) -> None:
        with (
            bus.client("orders-sender") as connection,
            connection.get_queue_sender("orders") as sender,
        ):
            for number in range(20):
                sender.send_messages(ServiceBusMessage(f"{client}-{number}"))

    def consume(_: int) -> None:
        with (
            bus.client("orders-receiver") as connection,
            connection.get_queue_receiver("orders") as receiver,
        ):
            while len(got) < len(expected):
                for message in receiver.receive_messages(max_message_count=5, max_wait_time=0.5):
                    got.append(str(message))
                    receiver.complete_message(message)

    with ThreadPoolExecutor(12) as pool:
        for done in [
            *[pool.submit(produce, each) for each in range(6)],
            *[pool.submit(consume, each) for each in range(6)],
        ]:
            done.result()
    assert sorted(got) == sorted(expected)
