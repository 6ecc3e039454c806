"""The reply of `$cbs` to a token, and links that use a token for another audience.

The SDK exposes neither: this uses its private attributes (azure-servicebus 7.15).
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

_TIMEOUT = 60  # seconds


@dataclass(frozen=True)
class TokenReply:
    """The reply of `$cbs` to a token."""

    status: int
    description: str


def audience_of(asker: Asker, path: str) -> str:
    """Return the SDK's audience for a link to `path`; without a path, for the namespace."""
    return f"sb://{asker.hosts.namespace}/{path}"


def put_token(asker: Asker, audience: str, queue: str) -> TokenReply:
    """Send the asker's token for `audience`. Raises NothingCameError without a reply."""
    answers: list[tuple[Any, ...]] = []
    with receiver_by(asker, audience, queue) as receiver:
        inside: Any = receiver
        inside._create_handler(create_authentication(receiver))
        handler = inside._handler
        handler.open()
        handler._cbs_authenticator._on_execute_operation_complete = lambda *said: answers.append(
            said
        )
        deadline = time.monotonic() + _TIMEOUT
        while not answers and not handler.auth_complete():
            if time.monotonic() > deadline:
                raise NothingCameError
            time.sleep(0.02)
    if not answers:
        raise NothingCameError
    _, status, description, *_ = answers[0]
    return TokenReply(int(status), (description or b"").decode())


@contextmanager
def receiver_by(asker: Asker, audience: str, queue: str) -> Iterator[ServiceBusReceiver]:
    """Yield a receiver of `queue` that sends its token for `audience`; it opens at first use."""
    with asker.bus() as client:
        receiver: Any = client.get_queue_receiver(queue)
        receiver._auth_uri = audience
        yield receiver
