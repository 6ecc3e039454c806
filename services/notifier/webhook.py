"""Signed webhooks (standardwebhooks.com) to a partner, which has no tokens of Azure."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import requests
from azure.servicebus import ServiceBusReceivedMessage
from urllib3.exceptions import HTTPError

from services.common import logs
from services.common.consumer import Permanent, Transient
from services.common.vault import CachedSecret
from services.common.webhooks import retry_after, sign
from services.photo_events import CONTENT_TYPE, PROCESSED, REJECTED, Event, InvalidEvent, parse

log = logging.getLogger(__name__)

_TIMEOUT = (5.0, 15.0)  # to connect, and between two bytes of the response (s)

# Responses about this one event: it would get the same response tomorrow, while others wait behind
# it. All other errors are about the endpoint or the moment, and are retried.
_REFUSALS = frozenset({400, 409, 413, 415, 422})


@dataclass(frozen=True)
class Partner:
    """The partner's endpoint, and the key that signs its webhooks."""

    url: str
    key: CachedSecret
    session: requests.Session

    def handle(self, message: ServiceBusReceivedMessage) -> None:
        """Send an event to the partner; raises Permanent, Transient or AzureError."""
        try:
            event = parse(message.body, PROCESSED, REJECTED)
        except InvalidEvent as error:
            raise Permanent("UnknownEvent", str(error)) from error
        logs.bind(photo=event.subject)
        answer = self._deliver(event)
        log.info("Webhook answered %s", answer.status_code)
        raise_for_status(answer.status_code, retry_after(answer.headers))

    def _deliver(self, event: Event) -> requests.Response:
        key = self.key.get()
        answer = self._post(event, key)
        if answer.status_code == 401:  # the key may have been rotated: read it again once
            answer = self._post(event, self.key.refresh(refused=key))
        return answer

    def _post(self, event: Event, key: str) -> requests.Response:
        body = event.to_json()
        try:
            signature = sign(key, event.id, body, datetime.now(UTC))
        except ValueError as error:  # every event fails until another key is set
            raise Transient("the secret in the vault is not a signing key") from error
        headers = {"Content-Type": CONTENT_TYPE} | signature
        try:
            # stream: the body may be of any size, and most of it is of no interest
            with self.session.post(
                self.url,
                body,
                headers=headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as answer:
                _read_if_short(answer)
                return answer
        except requests.RequestException as error:
            raise Transient(f"the partner was not reached: {error}") from error


def _read_if_short(answer: requests.Response) -> None:
    """Read a short body, so that the next webhook can use the connection again.

    This reads once. A longer body, or one that comes in pieces, stays unread, and the connection is
    closed: to read on would let a partner that sends byte by byte hold up all other events.
    """
    with suppress(HTTPError):  # the status decides, whatever the body is
        answer.raw.read1(4096, decode_content=False)


def raise_for_status(status: int, pause: float) -> None:
    """Raise Permanent or Transient unless the partner took the event; it asks for a `pause` (s)."""
    if 200 <= status < 300:
        return
    if status == 410:
        raise Permanent("PartnerGone", "The partner answers 410: it wants no more webhooks.")
    if status in _REFUSALS:
        raise Permanent("PartnerRefused", f"The partner answers {status} to this event.")
    raise Transient(f"the partner answers {status}", pause)
