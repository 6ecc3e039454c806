"""A signed webhook (standardwebhooks.com) to a partner, who is outside of Azure and its tokens."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

import requests
from azure.servicebus import ServiceBusReceivedMessage

from services.common import logs
from services.common.consumer import Permanent, Transient
from services.common.vault import CachedSecret
from services.common.webhooks import retry_after, sign
from services.photo_events import CONTENT_TYPE, PROCESSED, REJECTED, Event, InvalidEvent, parse

log = logging.getLogger(__name__)

TIMEOUT = (5.0, 15.0)  # to connect, and until the answer begins (s)

# Answers about this one event: the same event will get the same answer tomorrow, while events
# behind it wait. All other refusals are about the endpoint or the moment, and are waited out.
REFUSALS = frozenset({400, 409, 413, 415, 422})


@dataclass(frozen=True)
class Answer:
    """What of the partner's answer matters."""

    status: int
    retry_after: float


@dataclass(frozen=True)
class Partner:
    """Where webhooks go, and what they are signed with."""

    url: str
    key: CachedSecret
    session: requests.Session

    def handle(self, message: ServiceBusReceivedMessage) -> None:
        """Tell the partner of an event; raises Permanent, Transient or AzureError."""
        try:
            event = parse(message.body, PROCESSED, REJECTED)
        except InvalidEvent as error:
            raise Permanent("UnknownEvent", str(error)) from error
        logs.know(photo=event.subject)
        answer = self._deliver(event)
        log.info("Webhook answered %s", answer.status)
        judge(answer)

    def _deliver(self, event: Event) -> Answer:
        key = self.key.get()
        answer = self._post(event, key)
        if answer.status == 401:  # the key may have been rotated: read it again, once
            answer = self._post(event, self.key.refresh(refused=key))
        return answer

    def _post(self, event: Event, key: str) -> Answer:
        body = event.to_json()
        try:
            signature = sign(key, event.id, body, datetime.now(UTC))
        except ValueError as error:  # each event fails until another key is set
            raise Transient("the secret in the vault is not a signing key") from error
        headers = {"Content-Type": CONTENT_TYPE} | signature
        try:
            # stream: the answer's body is the partner's to choose, and nobody here reads it
            with self.session.post(
                self.url, body, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
            ) as answer:
                return Answer(answer.status_code, retry_after(answer.headers))
        except requests.RequestException as error:
            raise Transient(f"the partner was not reached: {error}") from error


def judge(answer: Answer) -> None:
    """Return if the partner took the event; raises Permanent or Transient."""
    if 200 <= answer.status < 300:
        return
    if answer.status == 410:
        raise Permanent("PartnerGone", "The partner answers 410: it wants no more webhooks.")
    if answer.status in REFUSALS:
        raise Permanent("PartnerRefused", f"The partner answers {answer.status} to this event.")
    raise Transient(f"the partner answers {answer.status}", answer.retry_after)
