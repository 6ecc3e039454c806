"""The questions about Service Bus: each probe returns the answer by its name."""

import uuid

from azure.servicebus.exceptions import (
    MessagingEntityNotFoundError,
    ServiceBusAuthorizationError,
    ServiceBusError,
)

from local.questions.asker import Asker
from local.questions.cbs import audience_of, put_token, receiver_by
from local.questions.marked_messages import MarkedMessages, marked_messages
from local.questions.responses import Response, UnexpectedError

_KNOWN = "photo.processed"


def bus_put_token_unknown(asker: Asker) -> str:
    status = _put_for_nothing(asker)
    if 200 <= status <= 299:
        return "taken"
    if status != 404:
        raise UnexpectedError(Response(status))
    return "404"


def bus_missing(asker: Asker) -> str:
    """By a token for the namespace, where there is none to be put for what is not there."""
    nothing = _nothing()
    taken = 200 <= _put_for_nothing(asker) <= 299
    with receiver_by(asker, audience_of(asker, nothing if taken else ""), nothing) as receiver:
        try:
            receiver.receive_messages(max_wait_time=5)
        except ServiceBusAuthorizationError:
            return "role"
        except MessagingEntityNotFoundError:
            return "existence"
        except ServiceBusError as error:
            raise UnexpectedError(Response(0, type(error).__name__)) from error
    raise UnexpectedError(Response(200))


def bus_default_rule(asker: Asker) -> str:
    """An event that no rule of ours is for, and behind it one that every subscription gets.

    None of our rules is called $Default, so nobody sees here whether one would replace Azure's:
    "stays" then says no more than that Azure's is beside ours.
    """
    with marked_messages(asker) as own:
        odd, known = own.message("odd", subject="photo.odd"), own.message("ok", subject=_KNOWN)
        own.send(asker.entities.topic, odd, known)
        came = {_came(own, each) for each in asker.entities.subscriptions}
    found = {frozenset({("ok",)}): "removed", frozenset({("odd", "ok")}): "stays"}
    if frozenset(came) not in found:  # one subscription got what the other did not
        raise UnexpectedError(Response(200))
    return found[frozenset(came)]


def bus_message_id(asker: Asker) -> str:
    """An event without an id, which every subscription gets."""
    with marked_messages(asker) as own:
        own.send(asker.entities.topic, own.nameless(_KNOWN))
        came = {_id_that_came(own, each) for each in asker.entities.subscriptions}
    return "left-out" if None in came else "given"


def _id_that_came(own: MarkedMessages, subscription: str) -> str | None:
    with own.receiver(subscription) as receiver:
        (message,) = own.take(receiver)
        receiver.complete_message(message)
        return message.message_id


def _put_for_nothing(asker: Asker) -> int:
    return put_token(asker, audience_of(asker, _nothing()), asker.entities.queue).status


def _came(own: MarkedMessages, subscription: str) -> tuple[str, ...]:
    """What came, in the order of sending, up to the one that has to come."""
    came: tuple[str, ...] = ()
    with own.receiver(subscription) as receiver:
        while "ok" not in came:
            (message,) = own.take(receiver)
            receiver.complete_message(message)
            came = (*came, own.name(message))
    return came


def _nothing() -> str:
    return f"no-{uuid.uuid4().hex}"
