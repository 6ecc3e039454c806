"""The way to the namespace that every company's proxy lets through."""

import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from azure.servicebus import ServiceBusClient, TransportType

from services.common.bus import proxy_for
from tests.access.actor import Actor
from tests.access.own_messages import OwnMessages


@contextmanager
def over_websocket(actor: Actor) -> Iterator[ServiceBusClient]:
    """A client whose AMQP goes over a WebSocket, through the configured proxy."""
    with ServiceBusClient(
        actor.hosts.namespace,
        actor.credential,
        transport_type=TransportType.AmqpOverWebsocket,
        http_proxy=proxy_for(actor.hosts.namespace),
        ssl_context=ssl.create_default_context(),
        retry_total=0,
    ) as client:
        yield client


@contextmanager
def own_messages_over_websocket(actor: Actor) -> Iterator[OwnMessages]:
    """Yield messages by such a client."""
    with over_websocket(actor) as client:
        yield OwnMessages(client, uuid.uuid4().hex)
