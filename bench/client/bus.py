"""Service Bus by its SDK: send, and receive with complete, one message at a time."""

import os
import ssl
import uuid
from functools import cache
from urllib.parse import urlsplit

from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiver,
    ServiceBusSender,
    TransportType,
)

from bench.client.work import Work, credential, timed

_BODY = b"x" * 512
_PATIENCE = 20


@cache
def _client(host: str, port: int) -> ServiceBusClient:
    """Return a client for AMQP on a port of loopback; for WebSocket by the proxy if it is 0."""
    trust = ssl.create_default_context()
    if port:
        return ServiceBusClient(
            host,
            credential(),
            transport_type=TransportType.Amqp,
            custom_endpoint_address=f"sb://127.0.0.1:{port}",
            ssl_context=trust,
        )
    proxy = urlsplit(os.environ["HTTPS_PROXY"])
    return ServiceBusClient(
        host,
        credential(),
        transport_type=TransportType.AmqpOverWebsocket,
        http_proxy={"proxy_hostname": proxy.hostname, "proxy_port": proxy.port},
        ssl_context=trust,
    )


@cache
def _sender(host: str, queue: str, port: int) -> ServiceBusSender:
    return _client(host, port).get_queue_sender(queue)


@cache
def _receiver(host: str, queue: str, port: int) -> ServiceBusReceiver:
    return _client(host, port).get_queue_receiver(queue, prefetch_count=0)


def send(host: str, queue: str, port: int, times: int) -> float:
    """Send messages, each after the acknowledgement of the last."""
    sender = _sender(host, queue, port)

    def once(_: int) -> None:
        sender.send_messages(ServiceBusMessage(_BODY, message_id=str(uuid.uuid4())))

    return timed(once, times, 1)


def receive(host: str, queue: str, port: int, times: int) -> float:
    """Receive messages and complete each. Raises ValueError if none comes."""
    receiver = _receiver(host, queue, port)

    def once(_: int) -> None:
        found = receiver.receive_messages(max_message_count=1, max_wait_time=_PATIENCE)
        if not found:
            raise ValueError("there is no message")
        receiver.complete_message(found[0])

    return timed(once, times, 1)


def leave() -> None:
    """Close links and connections."""
    _client.cache_clear()


WORK: dict[str, Work] = {"bus-send": send, "bus-receive": receive}
