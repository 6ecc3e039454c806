"""Which tokens `$cbs` takes, which entities they cover, and how the SDK reads a refusal."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AzureSasCredential, TokenCredential
from azure.servicebus.exceptions import ServiceBusAuthenticationError, ServiceBusAuthorizationError

from local.questions.cbs import audience_of, put_token, receiver_by
from tests.access.actor import Actor
from tests.access.behaviours.bus.websocket import over_websocket
from tests.access.sample import EVENTS, UPLOADS
from tests.access.tokens import BUS, SOMEBODY_ELSE, STORAGE, token_of, with_claims


def what_is_no_token_is_refused(actor: Actor) -> None:
    assert _status(_showing(actor, "nothing")) == 401


def a_token_that_somebody_changed_is_refused(actor: Actor) -> None:
    token = token_of(actor, BUS)
    assert _status(_showing(actor, token)) == 202
    assert _status(_showing(actor, with_claims(token, oid=SOMEBODY_ELSE))) == 401


def storages_token_is_none_for_the_bus(actor: Actor) -> None:
    assert _status(_showing(actor, token_of(actor, STORAGE))) == 401


def a_shared_access_signature_is_refused(actor: Actor) -> None:
    signature = f"SharedAccessSignature sr=x&sig=y&se={int(time.time()) + 600}&skn=z"
    by_key: Any = AzureSasCredential(signature)
    assert _status(replace(actor, credential=by_key)) == 401


def the_sdk_takes_a_refused_token_for_what_it_is(actor: Actor) -> None:
    """Not where it is given an address of its own to dial: there it says that it cannot connect."""
    with (
        over_websocket(_showing(actor, "nothing")) as client,
        pytest.raises(ServiceBusAuthenticationError),
    ):
        client.get_queue_receiver(UPLOADS).peek_messages()
    with over_websocket(actor) as client:
        client.get_queue_receiver(UPLOADS).peek_messages()


def a_token_for_the_namespace_is_good_for_what_is_in_it(actor: Actor) -> None:
    with receiver_by(actor, audience_of(actor, ""), UPLOADS) as receiver:
        receiver.peek_messages()


def a_token_for_one_entity_is_good_for_no_other(actor: Actor) -> None:
    with (
        receiver_by(actor, audience_of(actor, EVENTS), UPLOADS) as receiver,
        pytest.raises(ServiceBusAuthorizationError),
    ):
        receiver.peek_messages()
    with receiver_by(actor, audience_of(actor, UPLOADS), UPLOADS) as receiver:
        receiver.peek_messages()


BEHAVIOURS: tuple[Callable[[Actor], None], ...] = (
    what_is_no_token_is_refused,
    a_token_that_somebody_changed_is_refused,
    storages_token_is_none_for_the_bus,
    a_shared_access_signature_is_refused,
    the_sdk_takes_a_refused_token_for_what_it_is,
    a_token_for_the_namespace_is_good_for_what_is_in_it,
    a_token_for_one_entity_is_good_for_no_other,
)


@dataclass(frozen=True)
class _Shown(TokenCredential):
    """A credential that always gives the same token."""

    token: str = field(repr=False)

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 600)


def _showing(actor: Actor, token: str) -> Actor:
    return replace(actor, credential=_Shown(token))


def _status(actor: Actor) -> int:
    return put_token(actor, audience_of(actor, UPLOADS), UPLOADS).status
