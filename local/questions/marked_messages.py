"""Test messages among others' messages: sent with a mark, recognized by it, and settled."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from azure.servicebus import (
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceivedMessage,
    ServiceBusReceiver,
)
from azure.servicebus.amqp import AmqpAnnotatedMessage, AmqpMessageProperties

from local.questions.asker import Asker, receiver_of
from local.questions.responses import NothingCameError

_MARK = "keyless-mark"


@dataclass(frozen=True)
class MarkedMessages:
    """A client, and the prefix of its messages' ids."""

    client: ServiceBusClient
    mark: str

    def message(self, name: str = "", body: bytes = b"{}", **properties: Any) -> ServiceBusMessage:
        """Return a message with a marked id."""
        return ServiceBusMessage(body, message_id=f"{self.mark}{name}", **properties)

    def nameless(self, subject: str) -> AmqpAnnotatedMessage:
        """Return a message without an id, marked by a property; a ServiceBusMessage has an id."""
        return AmqpAnnotatedMessage(
            data_body=b"{}",
            properties=AmqpMessageProperties(subject=subject),
            application_properties={_MARK: self.mark},
        )

    def send(self, topic: str, *messages: ServiceBusMessage | AmqpAnnotatedMessage) -> None:
        """Send messages to a topic, one by one."""
        with self.client.get_topic_sender(topic) as sender:
            for each in messages:
                sender.send_messages(each)

    def receiver(self, entity: str, **options: Any) -> ServiceBusReceiver:
        """Return a receiver of a queue, or of a subscription called topic/subscription."""
        return receiver_of(self.client, entity, **options)

    def name(self, message: ServiceBusReceivedMessage) -> str:
        """Return the message's name, which follows the mark."""
        return str(message.message_id).removeprefix(self.mark)

    def take(self, receiver: ServiceBusReceiver, count: int = 1) -> list[ServiceBusReceivedMessage]:
        """Return `count` marked messages, locked; release those of others.

        Raises NothingCameError if fewer arrive.
        """
        own: list[ServiceBusReceivedMessage] = []
        others: list[ServiceBusReceivedMessage] = []
        try:
            while len(own) < count:
                came = receiver.receive_messages(max_message_count=count, max_wait_time=10)
                if not came:
                    raise NothingCameError(f"only {len(own)} of {count} arrived")
                own += self.among(came)
                others += [each for each in came if each not in own]
        finally:
            for each in others:
                self.give_back(receiver, each)
        return own

    def give_back(self, receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage) -> None:
        """Release a message without raising its delivery count, which no public call does."""
        inside: Any = receiver
        held: Any = message
        inside._handler.settle_messages(held._delivery_id, held._delivery_tag, "released")

    def among(self, messages: Iterable[ServiceBusReceivedMessage]) -> list[Any]:
        """Return the marked ones among `messages`."""
        return [each for each in messages if self._is_own(each)]

    def _is_own(self, message: ServiceBusReceivedMessage) -> bool:
        properties: dict[Any, Any] = message.application_properties or {}
        marked = properties.get(_MARK.encode()) == self.mark.encode()
        return marked or str(message.message_id).startswith(self.mark)


@contextmanager
def marked_messages(asker: Asker) -> Iterator[MarkedMessages]:
    """Yield marked messages with a client that is closed afterwards."""
    with asker.bus() as client:
        yield MarkedMessages(client, uuid.uuid4().hex)
