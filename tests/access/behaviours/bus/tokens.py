"""Which tokens `$cbs` takes, what they cover, and what the SDK makes of a refusal."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AzureSasCredential, TokenCredential
from azure.servicebus.exceptions import ServiceBusAuthenticationError, ServiceBusAuthorizationError

from tests.access.actor import Actor
from tests.access.behaviours.bus.websocket import over_websocket
from tests.access.cbs import audience_of, put_token, receiver_by
from tests.access.table import EVENTS, UPLOADS

BUS = "https://servicebus.azure.net/.default"
BLOB = "https://storage.azure.com/.default"


def what_is_no_token_is_refused(actor: Actor) -> None:
    assert _status(_showing(actor, "nothing")) == 401


def a_token_that_somebody_changed_is_refused(actor: Actor) -> None:
    token = actor.credential.get_token(BUS).token
    assert _status(_showing(actor, token)) in range(200, 300)
    assert _status(_showing(actor, _of_nobody(token))) == 401


def storages_token_is_none_for_the_bus(actor: Actor) -> None:
    assert _status(_showing(actor, actor.credential.get_token(BLOB).token)) == 401


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
    with receiver_by(actor, audience_of(actor, "")) as receiver:
        receiver.peek_messages()


def a_token_for_one_entity_is_good_for_no_other(actor: Actor) -> None:
    with (
        receiver_by(actor, audience_of(actor, EVENTS)) as receiver,
        pytest.raises(ServiceBusAuthorizationError),
    ):
        receiver.peek_messages()
    with receiver_by(actor, audience_of(actor, UPLOADS)) as receiver:
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
    """One token, whatever is asked for."""

    token: str = field(repr=False)

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 600)


def _showing(actor: Actor, token: str) -> Actor:
    return replace(actor, credential=_Shown(token))


def _status(actor: Actor) -> int:
    return put_token(actor, audience_of(actor, UPLOADS)).status


def _of_nobody(token: str) -> str:
    """The token with another object id in it, under the signature that it had."""
    header, payload, signature = token.split(".")
    claims = json.loads(urlsafe_b64decode(payload + "==")) | {"oid": str(time.time())}
    changed = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return ".".join((header, changed, signature))
