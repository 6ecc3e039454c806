"""The answer of `$cbs` to a token, and links that live by a token for another audience.

The SDK shows neither: this looks behind its public face (azure-servicebus 7.15).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from azure.servicebus import ServiceBusReceiver
from azure.servicebus._common.utils import create_authentication

from local.questions.asker import Asker
from local.questions.responses import NothingCameError

_PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Said:
    """How a token was taken."""

    status: int
    description: str


def audience_of(asker: Asker, path: str) -> str:
    """Return what the SDK puts a token for, to open a link to `path`; no path is the namespace."""
    return f"sb://{asker.hosts.namespace}/{path}"


def put_token(asker: Asker, audience: str, queue: str) -> Said:
    """Put the asker's token for `audience`. Raises NothingCameError without a reply."""
    answers: list[tuple[Any, ...]] = []
    with receiver_by(asker, audience, queue) as receiver:
        inside: Any = receiver
        inside._create_handler(create_authentication(receiver))
        handler = inside._handler
        handler.open()
        handler._cbs_authenticator._on_execute_operation_complete = lambda *said: answers.append(
            said
        )
        deadline = time.monotonic() + _PATIENCE
        while not answers and not handler.auth_complete():
            if time.monotonic() > deadline:
                raise NothingCameError
            time.sleep(0.02)
    if not answers:
        raise NothingCameError
    _, status, description, *_ = answers[0]
    return Said(int(status), (description or b"").decode())


@contextmanager
def receiver_by(asker: Asker, audience: str, queue: str) -> Iterator[ServiceBusReceiver]:
    """Give a receiver of `queue` that puts its token for `audience`; it opens at its first use."""
    with asker.bus() as client:
        receiver: Any = client.get_queue_receiver(queue)
        receiver._auth_uri = audience
        yield receiver
