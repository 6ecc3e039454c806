"""What `$cbs` says to a token, and links that live by a token for another audience than their own.

The SDK shows neither: this looks behind its public face (azure-servicebus 7.15).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from azure.servicebus import ServiceBusReceiver, ServiceBusSender
from azure.servicebus._common.utils import create_authentication

from tests.access.actor import Actor
from tests.access.table import UPLOADS
from tests.sandbox.servicebus.harness import until


@dataclass(frozen=True)
class Said:
    """How a token was taken."""

    status: int
    description: str


def audience_of(actor: Actor, path: str) -> str:
    """What the SDK puts a token for, to open a link to `path`; to nothing, for the namespace."""
    return f"sb://{actor.hosts.namespace}/{path}"


def put_token(actor: Actor, audience: str) -> Said:
    """Put the actor's token for `audience`. Raises AssertionError if nothing is said."""
    answers: list[tuple[Any, ...]] = []
    with receiver_by(actor, audience) as receiver:
        inside: Any = receiver
        inside._create_handler(create_authentication(receiver))
        handler = inside._handler
        handler.open()
        handler._cbs_authenticator._on_execute_operation_complete = lambda *said: answers.append(
            said
        )
        until(lambda: answers or handler.auth_complete(), 60)
    _, status, description, *_ = answers[0]
    return Said(int(status), (description or b"").decode())


@contextmanager
def receiver_by(actor: Actor, audience: str, queue: str = UPLOADS) -> Iterator[ServiceBusReceiver]:
    """A receiver of `queue` that puts its token for `audience`; it opens at its first use."""
    with actor.bus() as client:
        receiver: Any = client.get_queue_receiver(queue)
        receiver._auth_uri = audience
        yield receiver


def by_namespace(actor: Actor, sender: ServiceBusSender) -> ServiceBusSender:
    """Let a sender put its token for the namespace: for no entity, one may not be taken."""
    inside: Any = sender
    inside._auth_uri = audience_of(actor, "")
    return sender
