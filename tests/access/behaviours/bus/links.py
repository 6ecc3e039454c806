"""Links: which are opened, and the reasons for those that are refused."""

import uuid
from collections.abc import Callable

import pytest
from azure.servicebus.exceptions import ServiceBusAuthorizationError, ServiceBusError

from services.common.bus import await_credit
from tests.access.actor import Actor
from tests.access.links import by_namespace
from tests.access.own_messages import own_messages
from tests.access.sample import EVENTS, FOR_CATALOG, UPLOADS


def who_may_not_receive_is_told_which_claim_is_missing_where(actor: Actor) -> None:
    with own_messages(actor) as own, own.receiver(FOR_CATALOG):
        with pytest.raises(ServiceBusAuthorizationError) as raised:
            own.client.get_queue_receiver(EVENTS.upper()).receive_messages(max_wait_time=5)
        assert _missing(actor, "Listen", EVENTS) in str(raised.value)


def who_may_not_send_is_told_which_claim_is_missing_where(actor: Actor) -> None:
    """On an entity that does not exist: the developer may send to all that do."""
    elsewhere = f"No-{uuid.uuid4().hex}"
    with own_messages(actor) as own:
        await_credit(own.client.get_queue_sender(UPLOADS))
        with pytest.raises(ServiceBusAuthorizationError) as raised:
            await_credit(by_namespace(actor, own.client.get_queue_sender(elsewhere)))
        assert _missing(actor, "Send", elsewhere.lower()) in str(raised.value)


def who_may_only_send_does_not_peek(actor: Actor) -> None:
    with own_messages(actor) as own:
        own.client.get_queue_receiver(UPLOADS).peek_messages()
        with pytest.raises(ServiceBusAuthorizationError) as raised:
            own.client.get_queue_receiver(EVENTS).peek_messages()
        assert "'Listen' claim(s) are required" in str(raised.value)


def nobody_sends_to_a_subscription(actor: Actor) -> None:
    topic, subscription = FOR_CATALOG.split("/")
    with own_messages(actor) as own:
        await_credit(own.client.get_topic_sender(topic))
        with pytest.raises(ServiceBusError, match="amqp:not-allowed"):
            await_credit(own.client.get_queue_sender(f"{topic}/Subscriptions/{subscription}"))


def nobody_sends_to_the_dead_letters(actor: Actor) -> None:
    with own_messages(actor) as own, pytest.raises(ServiceBusError, match="amqp:not-allowed"):
        await_credit(own.client.get_queue_sender(f"{UPLOADS}/$DeadLetterQueue"))


def a_queue_is_known_by_its_name_in_capitals(actor: Actor) -> None:
    with own_messages(actor) as own:
        with own.client.get_queue_sender(UPLOADS.upper()) as sender:
            sender.send_messages(own.message())
        own.finish(UPLOADS)


def a_receiver_that_is_open_gets_what_is_sent_later(actor: Actor) -> None:
    with own_messages(actor) as own, own.receiver(UPLOADS) as receiver:
        assert own.peek(receiver) == []
        own.send(UPLOADS, own.message())
        (got,) = own.take(receiver)
        receiver.complete_message(got)


BEHAVIOURS: tuple[Callable[[Actor], None], ...] = (
    who_may_not_receive_is_told_which_claim_is_missing_where,
    who_may_not_send_is_told_which_claim_is_missing_where,
    who_may_only_send_does_not_peek,
    nobody_sends_to_a_subscription,
    nobody_sends_to_the_dead_letters,
    a_queue_is_known_by_its_name_in_capitals,
    a_receiver_that_is_open_gets_what_is_sent_later,
)


def _missing(actor: Actor, claim: str, entity: str) -> str:
    return (
        f"Unauthorized access. '{claim}' claim(s) are required to perform this operation. "
        f"Resource: 'sb://{actor.hosts.namespace}/{entity}'."
    )
