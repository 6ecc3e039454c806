"""Locks, and the ways to settle: what each ends with, and that it can be done only once."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.servicebus import (
    ServiceBusReceivedMessage,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
)
from azure.servicebus.exceptions import MessageLockLostError

from tests.access.actor import Actor
from tests.access.own import own_messages
from tests.access.table import EVENTS, FOR_CATALOG, FOR_NOTIFIER, UPLOADS
from tests.sandbox.servicebus.harness import until

DEAD = ServiceBusSubQueue.DEAD_LETTER
DELIVERIES = 10
LOST = "The lock supplied is invalid"


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


def a_message_is_settled_only_once(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message())
        with own.receiver(UPLOADS) as receiver:
            (given_back,) = own.take(receiver)
            receiver.abandon_message(given_back)
            with pytest.raises(MessageLockLostError, match=LOST):
                receiver.complete_message(_as_if_unsettled(given_back))
            (again,) = own.take(receiver)
            receiver.complete_message(again)
            with pytest.raises(MessageLockLostError, match=LOST):
                receiver.complete_message(_as_if_unsettled(again))


def a_lock_that_was_given_back_settles_nothing_under_the_next_lock(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message())
        with own.receiver(UPLOADS) as slow, own.receiver(UPLOADS) as quick:
            (old,) = own.take(slow)
            slow.abandon_message(old)
            (new,) = own.take(quick)
            with pytest.raises(MessageLockLostError, match=LOST):
                slow.complete_message(_as_if_unsettled(old))
            quick.complete_message(new)


def a_renewed_lock_ends_later(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message())
        with own.receiver(UPLOADS) as receiver:
            (got,) = own.take(receiver)
            first = got.locked_until_utc
            assert first
            until(lambda: receiver.renew_message_lock(got) > first)
            receiver.complete_message(got)


def a_lock_that_was_given_back_is_not_renewed(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message())
        with own.receiver(UPLOADS) as receiver:
            (got,) = own.take(receiver)
            receiver.abandon_message(got)
            with pytest.raises(MessageLockLostError, match=LOST):
                receiver.renew_message_lock(_as_if_unsettled(got))
        own.finish(UPLOADS)


def what_one_holds_another_does_not_get(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message("held"), own.message("free"))
        with own.receiver(UPLOADS) as holder, own.receiver(UPLOADS) as other:
            (held,) = own.take(holder)
            (free,) = own.take(other)
            holder.complete_message(held)
            other.complete_message(free)
    assert [own.name(each) for each in (held, free)] == ["held", "free"]


def peeking_shows_without_a_lock(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, own.message("a"), own.message("b"))
        with own.receiver(UPLOADS) as receiver:
            assert list(map(own.name, own.peek(receiver))) == ["a", "b"]
            got = own.take(receiver, 2)
            for each in got:
                receiver.complete_message(each)
    assert [each.delivery_count for each in got] == [0, 0]


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


def what_was_fetched_ahead_goes_back_uncounted(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(UPLOADS, *(own.message(f"{number}") for number in range(4)))
        with own.receiver(UPLOADS, prefetch_count=3) as receiver:
            (got,) = own.take(receiver)
            receiver.complete_message(got)
        with own.receiver(UPLOADS) as receiver:
            left = own.take(receiver, 3)
            for each in left:
                receiver.complete_message(each)
    assert sorted(map(own.name, left)) == ["1", "2", "3"]
    assert [each.delivery_count for each in left] == [0, 0, 0]


BEHAVIOURS: tuple[Callable[[Actor], None], ...] = (
    what_is_completed_is_gone,
    what_is_abandoned_comes_again_and_is_counted,
    a_dead_letter_says_why,
    the_dead_letters_of_a_subscription_are_its_own,
    what_fails_ten_times_is_dead_lettered,
    a_message_is_settled_only_once,
    a_lock_that_was_given_back_settles_nothing_under_the_next_lock,
    a_renewed_lock_ends_later,
    a_lock_that_was_given_back_is_not_renewed,
    what_one_holds_another_does_not_get,
    peeking_shows_without_a_lock,
    what_is_received_and_deleted_needs_no_settling,
    what_was_fetched_ahead_goes_back_uncounted,
)


def _as_if_unsettled(message: ServiceBusReceivedMessage) -> ServiceBusReceivedMessage:
    """Which the SDK would not even ask for."""
    inside: Any = message
    inside._settled = False
    return message
