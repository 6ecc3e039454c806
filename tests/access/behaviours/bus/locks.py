"""Locks: they keep other receivers out, are renewed, and settle once."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.servicebus import ServiceBusReceivedMessage
from azure.servicebus.exceptions import MessageLockLostError

from tests.access.actor import Actor
from tests.access.own_messages import own_messages
from tests.access.sample import UPLOADS
from tests.sandbox.servicebus.harness import until

LOST = "The lock supplied is invalid"


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
    a_message_is_settled_only_once,
    a_lock_that_was_given_back_settles_nothing_under_the_next_lock,
    a_renewed_lock_ends_later,
    a_lock_that_was_given_back_is_not_renewed,
    what_one_holds_another_does_not_get,
    peeking_shows_without_a_lock,
    what_was_fetched_ahead_goes_back_uncounted,
)


def _as_if_unsettled(message: ServiceBusReceivedMessage) -> ServiceBusReceivedMessage:
    """Which the SDK would not even ask for."""
    inside: Any = message
    inside._settled = False
    return message
