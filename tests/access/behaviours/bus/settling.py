"""The ways to settle, and the outcome of each."""

from collections.abc import Callable

import pytest
from azure.servicebus import ServiceBusReceiveMode, ServiceBusSubQueue

from tests.access.actor import Actor
from tests.access.own_messages import own_messages
from tests.access.sample import EVENTS, FOR_CATALOG, FOR_NOTIFIER, UPLOADS

DEAD = ServiceBusSubQueue.DEAD_LETTER
DELIVERIES = 10


def what_is_completed_is_gone(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message())
        with own.receiver(UPLOADS) as receiver:
            (got,) = own.take(receiver)
            assert len(own.peek(receiver)) == 1
            receiver.complete_message(got)
            assert own.peek(receiver) == []


def what_is_abandoned_comes_again_and_is_counted(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message())
        with own.receiver(UPLOADS) as receiver:
            (first,) = own.take(receiver)
            receiver.abandon_message(first)
            (again,) = own.take(receiver)
            receiver.complete_message(again)
    assert (first.delivery_count, again.delivery_count) == (0, 1)
    assert first.sequence_number == again.sequence_number


def a_dead_letter_says_why(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message(body=b"not JSON"))
        with own.receiver(UPLOADS) as receiver, own.receiver(UPLOADS, sub_queue=DEAD) as dead:
            (sent,) = own.take(receiver)
            receiver.dead_letter_message(sent, reason="Unreadable", error_description="no JSON")
            assert own.peek(receiver) == []
            (got,) = own.take(dead)
            dead.complete_message(got)
            assert own.peek(dead) == []
    assert got.dead_letter_reason == "Unreadable"
    assert got.dead_letter_error_description == "no JSON"
    assert b"".join(got.body) == b"not JSON"
    assert got.sequence_number == sent.sequence_number


def the_dead_letters_of_a_subscription_are_its_own(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(EVENTS, own.message(subject="photo.rejected"))
        with own.receiver(FOR_NOTIFIER) as receiver:
            (got,) = own.take(receiver)
            receiver.dead_letter_message(got, reason="Unreadable")
        with own.receiver(FOR_CATALOG, sub_queue=DEAD) as others:
            assert own.peek(others) == []
        own.finish(FOR_NOTIFIER, sub_queue=DEAD)
        own.finish(FOR_CATALOG)


def what_fails_ten_times_is_dead_lettered(actor: Actor) -> None:
    counts = []
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message())
        with own.receiver(UPLOADS) as receiver:
            for _ in range(DELIVERIES):
                (got,) = own.take(receiver)
                counts.append(got.delivery_count)
                receiver.abandon_message(got)
        with own.receiver(UPLOADS, sub_queue=DEAD) as dead:
            (got,) = own.take(dead)
            dead.complete_message(got)
    assert counts == list(range(DELIVERIES))
    assert got.dead_letter_reason == "MaxDeliveryCountExceeded"


def what_is_received_and_deleted_needs_no_settling(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(EVENTS, own.message(subject="photo.rejected"))
        own.finish(FOR_NOTIFIER)
        with own.receiver(
            FOR_CATALOG, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE
        ) as receiver:
            if receiver.peek_messages()[0].message_id != own.mark:
                own.finish(FOR_CATALOG)
                pytest.skip("there are others' messages before it, which would be lost")
            (got,) = receiver.receive_messages(max_wait_time=10)
            assert got.message_id == own.mark
            assert own.peek(receiver) == []


BEHAVIOURS: tuple[Callable[[Actor], None], ...] = (
    what_is_completed_is_gone,
    what_is_abandoned_comes_again_and_is_counted,
    a_dead_letter_says_why,
    the_dead_letters_of_a_subscription_are_its_own,
    what_fails_ten_times_is_dead_lettered,
    what_is_received_and_deleted_needs_no_settling,
)
