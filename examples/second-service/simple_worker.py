"""A worker for one queue whose handler takes seconds; consumer.py is for all that this lacks.

It handles one message at a time, and renews no lock: the handler has to return before the lock ends
(after 60 s here). A message whose handler raises comes back at once, and is a dead letter after its
last delivery.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from azure.servicebus import ServiceBusReceivedMessage, ServiceBusReceiver

log = logging.getLogger(__name__)

_Handler = Callable[[ServiceBusReceivedMessage], object]
_OpenReceiver = Callable[[], AbstractContextManager[ServiceBusReceiver]]


def run(open_receiver: _OpenReceiver, handle: _Handler, stopping: threading.Event) -> None:
    """Handle messages until `stopping` is set, and reopen the link when it is lost."""
    while not stopping.is_set():
        try:
            with open_receiver() as receiver:
                _work(receiver, handle, stopping)
        except Exception as error:  # of the SDK, websocket-client, sockets, ...
            log.warning("The link was lost and is reopened: %s", error)
            stopping.wait(5)


def _work(receiver: ServiceBusReceiver, handle: _Handler, stopping: threading.Event) -> None:
    while not stopping.is_set():
        for message in receiver.receive_messages(max_message_count=1, max_wait_time=5):
            try:
                handle(message)
            except Exception:
                log.exception("Message %s failed and is given back", message.message_id)
                receiver.abandon_message(message)
            else:
                receiver.complete_message(message)
