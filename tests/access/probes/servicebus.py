"""What Service Bus answers where nobody has seen Azure: each gives the answer by its name."""

import uuid

from azure.servicebus.exceptions import (
    MessagingEntityNotFoundError,
    ServiceBusAuthorizationError,
    ServiceBusError,
)

from tests.access.actor import Actor, Probe
from tests.access.cbs import audience_of, put_token, receiver_by
from tests.access.own import Own, own_messages
from tests.access.table import EVENTS, FOR_CATALOG, FOR_NOTIFIER

KNOWN = "photo.processed"


def bus_put_token_unknown(actor: Actor) -> str:
    status = put_token(actor, audience_of(actor, _nothing())).status
    return {202: "taken", 404: "404"}[status]


def bus_missing(actor: Actor) -> str:
    """By a token for the namespace, where there is none to be put for what is not there."""
    there_is_one = bus_put_token_unknown(actor) == "taken"
    nothing = _nothing()
    audience = audience_of(actor, nothing if there_is_one else "")
    with receiver_by(actor, audience, nothing) as receiver:
        try:
            receiver.receive_messages(max_wait_time=5)
        except ServiceBusError as error:
            return {
                ServiceBusAuthorizationError: "role",
                MessagingEntityNotFoundError: "existence",
            }[type(error)]
    raise AssertionError("a link to nothing was opened")


def bus_default_rule(actor: Actor) -> str:
    """An event that no rule of ours is for, and behind it one that every subscription gets.

    None of our rules is called $Default, so nobody sees here whether one would replace Azure's:
    "stays" then says no more than that Azure's is beside ours.
    """
    with own_messages(actor) as own:
        own.send(EVENTS, own.message("odd", subject="photo.odd"), own.message("ok", subject=KNOWN))
        came = {each: _came(own, each) for each in (FOR_CATALOG, FOR_NOTIFIER)}
    assert came[FOR_CATALOG] == came[FOR_NOTIFIER], f"not the same for both: {came}"
    return {("ok",): "removed", ("odd", "ok"): "stays"}[came[FOR_CATALOG]]


PROBES: dict[str, Probe] = {
    "bus-put-token-unknown": bus_put_token_unknown,
    "bus-missing": bus_missing,
    "bus-default-rule": bus_default_rule,
}


def _came(own: Own, subscription: str) -> tuple[str, ...]:
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
