"""Messages on their way: their properties, batches, duplicates, size and age."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from azure.servicebus import ServiceBusReceivedMessage, ServiceBusSubQueue
from azure.servicebus.exceptions import MessageSizeExceededError

from tests.access.actor import Actor
from tests.access.behaviours.bus.websocket import own_messages_over_websocket
from tests.access.links import sender_to
from tests.access.own_messages import OwnMessages, own_messages
from tests.access.sample import UPLOADS
from tests.sandbox.servicebus.harness import until

FORTNIGHT = timedelta(days=14)
LARGEST = 256 * 1024
DEAD = ServiceBusSubQueue.DEAD_LETTER


def a_message_arrives_as_it_was_sent(actor: Actor) -> None:
    with own_messages(actor) as own:
        _arrives(own)


def over_websocket_a_message_arrives_as_it_was_sent(actor: Actor) -> None:
    with own_messages_over_websocket(actor) as own:
        _arrives(own)


def the_broker_adds_when_it_came_and_how_long_it_is_locked(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message())
        with own.receiver(UPLOADS) as receiver:
            (got,) = own.take(receiver)
            locked = got.locked_until_utc  # which the SDK forgets with the lock
            receiver.complete_message(got)
    assert got.delivery_count == 0
    assert got.sequence_number
    assert got.enqueued_time_utc
    assert abs(got.enqueued_time_utc - datetime.now(UTC)) < timedelta(minutes=5)
    assert locked
    assert timedelta(0) < locked - got.enqueued_time_utc


def a_batch_is_many_messages(actor: Actor) -> None:
    names = [f"{number}" for number in range(5)]
    with own_messages(actor) as own:
        with sender_to(own.client, UPLOADS) as sender:
            batch = sender.create_message_batch()
            for name in names:
                batch.add_message(own.message(name))
            sender.send_messages(batch)
        with own.receiver(UPLOADS) as receiver:
            got = own.take(receiver, 5)
            for each in got:
                receiver.complete_message(each)
    assert list(map(own.name, got)) == names
    assert len({each.sequence_number for each in got}) == 5


def a_message_of_an_id_that_was_there_is_taken_and_dropped(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message("a"), own.message("a"), own.message("b"))
        own.finish(UPLOADS, 2)
        own.send(UPLOADS, own.message("a"))
        with own.receiver(UPLOADS) as receiver:
            assert own.peek(receiver) == []


def a_link_says_how_large_a_message_may_be(actor: Actor) -> None:
    with own_messages(actor) as own, sender_to(own.client, UPLOADS) as sender:
        assert sender.create_message_batch().max_size_in_bytes == LARGEST


def too_large_a_message_is_refused_and_the_link_lives_on(actor: Actor) -> None:
    with own_messages(actor) as own:
        with sender_to(own.client, UPLOADS) as sender:
            with pytest.raises(MessageSizeExceededError):
                sender.send_messages(own.message("large", b"x" * LARGEST))
            sender.send_messages(own.message("small"))
        own.finish(UPLOADS, 1)


def no_message_lives_longer_than_its_queue_lets_it(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message(time_to_live=timedelta(days=30)))
        with own.receiver(UPLOADS) as receiver:
            (got,) = own.take(receiver)
            receiver.complete_message(got)
    assert got.time_to_live == FORTNIGHT


def a_message_that_is_too_old_is_dead_lettered(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message(time_to_live=timedelta(seconds=1)))
        with own.receiver(UPLOADS) as alive, own.receiver(UPLOADS, sub_queue=DEAD) as dead:
            until(lambda: all(_is_too_old(each) for each in own.peek(alive)))
            # Azure may look for expired messages only when a receiver is attached.
            for each in alive.receive_messages(max_wait_time=1):
                own.give_back(alive, each)
            (got,) = own.take(dead)
            dead.complete_message(got)
    assert got.dead_letter_reason == "TTLExpiredException"


BEHAVIOURS: tuple[Callable[[Actor], None], ...] = (
    a_message_arrives_as_it_was_sent,
    over_websocket_a_message_arrives_as_it_was_sent,
    the_broker_adds_when_it_came_and_how_long_it_is_locked,
    a_batch_is_many_messages,
    a_message_of_an_id_that_was_there_is_taken_and_dropped,
    a_link_says_how_large_a_message_may_be,
    too_large_a_message_is_refused_and_the_link_lives_on,
    no_message_lives_longer_than_its_queue_lets_it,
    a_message_that_is_too_old_is_dead_lettered,
)


def _arrives(own: OwnMessages) -> None:
    sent = {
        "subject": "label",
        "content_type": "application/json",
        "correlation_id": "c-1",
        "to": "there",
        "reply_to": "here",
        "time_to_live": timedelta(minutes=5),
    }
    properties = {"n": 1, "t": "text", "f": 1.5, "b": True, "u": UUID(int=7)}
    own.send(UPLOADS, own.message("m-1", b"body", **sent, application_properties=properties))
    with own.receiver(UPLOADS) as receiver:
        (got,) = own.take(receiver)
        receiver.complete_message(got)
        assert own.peek(receiver) == []
    assert {name: getattr(got, name) for name in sent} == sent
    assert (own.name(got), b"".join(got.body)) == ("m-1", b"body")
    assert _decoded(got) == properties


def _decoded(message: ServiceBusReceivedMessage) -> dict[str, object]:
    """The SDK gives the application's texts as bytes."""
    given = (message.application_properties or {}).items()
    return {
        key.decode() if isinstance(key, bytes) else key: (
            value.decode() if isinstance(value, bytes) else value
        )
        for key, value in given
    }


def _is_too_old(message: ServiceBusReceivedMessage) -> bool:
    assert message.expires_at_utc
    return message.expires_at_utc < datetime.now(UTC)
