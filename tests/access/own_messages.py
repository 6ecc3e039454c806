"""A test's own messages, which it can also look for without taking them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from azure.servicebus import ServiceBusMessage, ServiceBusReceivedMessage, ServiceBusReceiver
from azure.servicebus.amqp import AmqpAnnotatedMessage

from local.questions.marked_messages import MarkedMessages
from tests.access.actor import Actor
from tests.access.links import sender_to

_PAGE = 100


@dataclass(frozen=True)
class OwnMessages(MarkedMessages):
    """A client, and the mark that its messages' ids begin with."""

    def send(self, topic: str, *messages: ServiceBusMessage | AmqpAnnotatedMessage) -> None:
        """Send them to a topic, or to a queue of that name, one by one."""
        with sender_to(self.client, topic) as sender:
            for each in messages:
                sender.send_messages(each)

    def peek(self, receiver: ServiceBusReceiver) -> list[ServiceBusReceivedMessage]:
        """Return all of its own messages in the entity, locked or not."""
        found: list[ServiceBusReceivedMessage] = []
        after = 0
        while page := receiver.peek_messages(_PAGE, sequence_number=after + 1):
            found += self.among(page)
            after = int(page[-1].sequence_number or 0)
        return found

    def finish(self, entity: str, count: int = 1, **options: Any) -> None:
        """Take and complete so many, and see that there are no more."""
        with self.receiver(entity, **options) as receiver:
            for each in self.take(receiver, count):
                receiver.complete_message(each)
            assert self.peek(receiver) == []


@contextmanager
def own_messages(actor: Actor) -> Iterator[OwnMessages]:
    """Yield messages by a client of the actor's."""
    with actor.bus() as client:
        yield OwnMessages(client, uuid.uuid4().hex)
