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
    """Ask for a missing entity, with a token for the namespace if one for the entity is refused."""
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
    """Send an event that no rule of ours matches, then one that every subscription gets.

    None of our rules is called $Default, so "stays" means only that Azure's rule exists beside
    ours, not that one of that name would not replace it.
    """
    with marked_messages(asker) as own:
        odd, known = own.message("odd", subject="photo.odd"), own.message("ok", subject=_KNOWN)
        own.send(asker.entities.topic, odd, known)
        came = {_came(own, each) for each in asker.entities.subscriptions}
    found = {frozenset({("ok",)}): "removed", frozenset({("odd", "ok")}): "stays"}
    if frozenset(came) not in found:  # one subscription got a message that the other did not
        raise UnexpectedError(Response(200))
    return found[frozenset(came)]


def bus_message_id(asker: Asker) -> str:
    """Send an event without an id, which every subscription gets."""
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
    """Return the received messages in order, up to the one that must arrive."""
    came: tuple[str, ...] = ()
    with own.receiver(subscription) as receiver:
        while "ok" not in came:
            (message,) = own.take(receiver)
            receiver.complete_message(message)
            came = (*came, own.name(message))
    return came


def _nothing() -> str:
    return f"no-{uuid.uuid4().hex}"
