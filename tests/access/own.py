"""Messages of a test's own among those of others: sent under a mark, known by it, and settled."""

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

from tests.access.actor import Actor
from tests.access.links import receiver_of, sender_to

_PAGE = 100


@dataclass(frozen=True)
class Own:
    """A client, and the mark that its messages' ids begin with."""

    client: ServiceBusClient
    mark: str

    def message(self, name: str = "", body: bytes = b"{}", **properties: Any) -> ServiceBusMessage:
        """A message that is known by its id."""
        return ServiceBusMessage(body, message_id=f"{self.mark}{name}", **properties)

    def send(self, entity: str, *messages: ServiceBusMessage) -> None:
        """Send them one by one."""
        with sender_to(self.client, entity) as sender:
            for each in messages:
                sender.send_messages(each)

    def receiver(self, entity: str, **options: Any) -> ServiceBusReceiver:
        """A receiver of a queue, or of what is called topic/subscription."""
        return receiver_of(self.client, entity, **options)

    def name(self, message: ServiceBusReceivedMessage) -> str:
        """What the message was called after the mark."""
        return str(message.message_id).removeprefix(self.mark)

    def take(self, receiver: ServiceBusReceiver, count: int = 1) -> list[ServiceBusReceivedMessage]:
        """So many of its own, under locks. What others have sent goes back when they are there."""
        own: list[ServiceBusReceivedMessage] = []
        others: list[ServiceBusReceivedMessage] = []
        while len(own) < count:
            came = receiver.receive_messages(max_message_count=count, max_wait_time=10)
            assert came, f"only {len(own)} of {count} came"
            own += self._own(came)
            others += [each for each in came if each not in own]
        for each in others:
            self.give_back(receiver, each)
        return own

    def give_back(self, receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage) -> None:
        """Let others have it as if it had never been here: uncounted, which no public call does."""
        inside: Any = receiver
        held: Any = message
        inside._handler.settle_messages(held._delivery_id, held._delivery_tag, "released")

    def peek(self, receiver: ServiceBusReceiver) -> list[ServiceBusReceivedMessage]:
        """All of its own that are there, locked or not."""
        found: list[ServiceBusReceivedMessage] = []
        after = 0
        while page := receiver.peek_messages(_PAGE, sequence_number=after + 1):
            found += self._own(page)
            after = int(page[-1].sequence_number or 0)
        return found

    def finish(self, entity: str, count: int = 1, **options: Any) -> None:
        """Take and complete so many, and see that there are no more."""
        with self.receiver(entity, **options) as receiver:
            for each in self.take(receiver, count):
                receiver.complete_message(each)
            assert self.peek(receiver) == []

    def _own(self, messages: Iterable[ServiceBusReceivedMessage]) -> list[Any]:
        return [each for each in messages if str(each.message_id).startswith(self.mark)]


@contextmanager
def own_messages(actor: Actor) -> Iterator[Own]:
    """By a client of the actor's."""
    with actor.bus() as client:
        yield Own(client, uuid.uuid4().hex)
