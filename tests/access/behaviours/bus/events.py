"""Which copies of an event a topic makes: by each subscription's rules, and once."""

from collections.abc import Callable

from tests.access.actor import Actor
from tests.access.own_messages import OwnMessages, own_messages
from tests.access.sample import EVENTS, FOR_CATALOG, FOR_NOTIFIER


def an_event_of_an_id_that_was_there_is_taken_and_dropped(actor: Actor) -> None:
    with own_messages(actor) as own:
        event = own.message(subject="photo.processed")
        own.send(EVENTS, event, event)
        for subscription in (FOR_CATALOG, FOR_NOTIFIER):
            own.finish(subscription, 1)


def each_subscription_gets_the_events_that_its_rules_are_for(actor: Actor) -> None:
    subjects = ("photo.processed", "photo.odd", "photo.rejected")
    with own_messages(actor) as own:
        own.send(EVENTS, *(own.message(each, subject=each) for each in subjects))
        for subscription in (FOR_CATALOG, FOR_NOTIFIER):
            assert _taken(own, subscription, 2) == ["photo.processed", "photo.rejected"]


def an_event_without_a_subject_goes_nowhere(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.send(EVENTS, own.message("odd"), own.message("ok", subject="photo.processed"))
        for subscription in (FOR_CATALOG, FOR_NOTIFIER):
            assert _taken(own, subscription, 1) == ["ok"]


BEHAVIOURS: tuple[Callable[[Actor], None], ...] = (
    an_event_of_an_id_that_was_there_is_taken_and_dropped,
    each_subscription_gets_the_events_that_its_rules_are_for,
    an_event_without_a_subject_goes_nowhere,
)


def _taken(own: OwnMessages, subscription: str, count: int) -> list[str]:
    with own.receiver(subscription) as receiver:
        got = own.take(receiver, count)
        for each in got:
            receiver.complete_message(each)
        assert own.peek(receiver) == []
    return list(map(own.name, got))
