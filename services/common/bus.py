"""Service Bus: a client that works behind proxies, and a sender that threads may share."""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError
from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiver,
    ServiceBusSender,
    ServiceBusSubQueue,
)
from azure.servicebus.exceptions import MessageSizeExceededError

log = logging.getLogger(__name__)

_SILENCE_TIMEOUT = 3.0  # seconds without a byte while a connection opens


class _Socket(ssl.SSLSocket):
    """A TLS socket that always has a timeout.

    The SDK (azure-servicebus 7.15) sets none for the TLS handshake and the first frames of a plain
    AMQP connection: a peer that accepts the connection and stays silent would hang a thread.
    """

    def settimeout(self, value: float | None) -> None:
        """Use a timeout of three seconds instead of none."""
        super().settimeout(_SILENCE_TIMEOUT if value is None else value)


class SendError(AzureError):
    """Service Bus did not acknowledge a message, which may be sent again under the same id."""


def proxy_for(host: str) -> dict[str, Any] | None:
    """Return the HTTPS proxy that the environment names for `host`, in the SDK's form."""
    address = getproxies().get("https")
    if not address or proxy_bypass(host):
        return None
    proxy = urlsplit(address if "://" in address else f"http://{address}")
    found: dict[str, Any] = {"proxy_hostname": proxy.hostname, "proxy_port": proxy.port or 80}
    if proxy.username:
        found |= {"username": unquote(proxy.username), "password": unquote(proxy.password or "")}
    return found


def open_client(namespace: str, credential: TokenCredential) -> ServiceBusClient:
    """Return a client for one thread, or for threads behind one lock: it is not thread-safe.

    Behind a proxy, AMQP runs over WebSocket. Without a context the SDK trusts certifi alone, and
    no certificate authority of a company's own.
    """
    context = ssl.create_default_context()
    context.sslsocket_class = _Socket
    return ServiceBusClient(
        namespace,
        credential,
        http_proxy=proxy_for(namespace),  # the SDK then chooses WebSocket
        ssl_context=context,
        retry_total=0,  # Publisher and Consumer reconnect themselves, without the SDK's sleep
        try_timeout=20,  # otherwise an attach may wait forever
    )


@contextmanager
def queue_receiver(
    namespace: str, credential: TokenCredential, queue: str, *, dead_letters: bool = False
) -> Iterator[ServiceBusReceiver]:
    """Open a receiver of a queue, or of its dead letters; raises ServiceBusError."""
    sub_queue = ServiceBusSubQueue.DEAD_LETTER if dead_letters else None
    with (
        open_client(namespace, credential) as client,
        client.get_queue_receiver(queue, sub_queue=sub_queue, prefetch_count=0) as receiver,
    ):
        yield receiver


@contextmanager
def subscription_receiver(
    namespace: str,
    credential: TokenCredential,
    topic: str,
    subscription: str,
    *,
    dead_letters: bool = False,
) -> Iterator[ServiceBusReceiver]:
    """Open a receiver of a subscription, or of its dead letters; raises ServiceBusError."""
    sub_queue = ServiceBusSubQueue.DEAD_LETTER if dead_letters else None
    with (
        open_client(namespace, credential) as client,
        client.get_subscription_receiver(
            topic, subscription, sub_queue=sub_queue, prefetch_count=0
        ) as receiver,
    ):
        yield receiver


class Publisher:
    """A long-lived sender behind a lock, opened at its first use and reopened when it is lost.

    `timeout` is for one attempt (s). While Service Bus hangs, a send fails after little more than
    three of them: one for the open link, one to close it, one for a fresh link.
    """

    def __init__(self, open_sender: Callable[[], ServiceBusSender], timeout: float = 3) -> None:
        self._open_sender = open_sender
        self._timeout = timeout
        self._lock = threading.Lock()
        self._sender: ServiceBusSender | None = None

    def send(self, body: bytes, *, message_id: str, subject: str, content_type: str) -> None:
        """Send one message and wait for its acknowledgement; raises SendError.

        Service Bus drops a link that is idle for ten minutes, so a failure is retried once on a
        fresh link: duplicate detection by the message id makes that safe.
        """
        message = ServiceBusMessage(
            body, message_id=message_id, subject=subject, content_type=content_type
        )
        self._attempt(lambda sender: sender.send_messages(message, timeout=self._timeout))

    def prove(self) -> None:
        """Prove the right to send by a link that stays attached; raises SendError."""
        self._attempt(await_credit)

    def start(self) -> None:
        """Do nothing: the sender opens itself."""

    def stop(self) -> None:
        """Close the link."""
        with self._lock:
            self._close()

    def _attempt(self, operation: Callable[[ServiceBusSender], object]) -> None:
        if not self._lock.acquire(timeout=2 * self._timeout):
            raise SendError("Other messages are waiting for Service Bus.")
        try:
            self._attempt_twice(operation)
        finally:
            self._lock.release()

    def _attempt_twice(self, operation: Callable[[ServiceBusSender], object]) -> None:
        fresh = self._sender is None
        try:
            operation(self._opened())
        except MessageSizeExceededError as error:
            raise SendError(str(error)) from error
        except Exception as error:  # websocket-client and sockets raise their own types
            self._close()
            if fresh:
                raise SendError(str(error) or type(error).__name__) from error
            log.info("The sender was lost and is reopened: %s", error)
            self._attempt_twice(operation)

    def _opened(self) -> ServiceBusSender:
        if self._sender is None:
            self._sender = self._open_sender()
        return self._sender

    def _close(self) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            with suppress(Exception):  # a lost link may fail to close
                sender.close()


# The code below uses private parts of azure-servicebus 7.15.0.


def await_credit(sender: ServiceBusSender, timeout: float = 3) -> None:
    """Attach and wait for the broker's credit, the first sign that it will accept a message.

    Nothing is sent. Azure refuses a sender only after it has answered the attach, and the SDK
    neither shows credit nor waits for it. A link that is still attached after `timeout` seconds
    passes too, since credit that equals the SDK's initial value cannot be seen. Raises the error
    that detached the link.
    """
    sender.create_message_batch()  # attaches
    client: Any = sender._handler
    until = time.monotonic() + timeout
    while client._link.current_link_credit == client._link.link_credit:
        if not client.do_work() or time.monotonic() > until:
            break
    client._link.get_state()  # raises when the link was detached
