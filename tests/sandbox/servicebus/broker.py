"""The broker without a network, on a clock that the test moves."""

from pathlib import Path

from sandbox.deployment import Namespace
from sandbox.servicebus.amqp.sections import split
from sandbox.servicebus.serve.broker import Broker
from sandbox.servicebus.serve.destination import Destination
from sandbox.servicebus.serve.entity import Entity
from sandbox.servicebus.serve.message import Message
from sandbox.servicebus.serve.session_queue import SessionQueue
from sandbox.servicebus.serve.store import Store
from sandbox.servicebus.serve.subqueue import Source, Subqueue
from tests.sandbox.servicebus.world import BUS, NAMESPACE


class Setup:
    """A broker, its store and its clock."""

    def __init__(self, path: Path, namespace: Namespace = NAMESPACE, now: float = 1000.0) -> None:
        self.now = now
        self._path = path
        self.store = Store(path)
        self.broker = Broker(namespace, self.store, lambda: self.now, lambda _: None)

    def send(self, path: str, *messages: Message) -> None:
        """Send messages to a queue or a topic."""
        self.destination(path).send(messages)

    def destination(self, path: str) -> Destination:
        """Return a queue or a topic, as a sender sees it."""
        return self.broker.destinations[f"{BUS}/{path}".lower()]

    def entity(self, path: str) -> Entity:
        """Return a queue or a subscription."""
        return self.broker.entities[f"{BUS}/{path}".lower()]

    def sessions(self, path: str) -> SessionQueue:
        """Return the sessions of a queue or a subscription that requires them."""
        sessions = self.entity(path).sessions
        assert sessions is not None
        return sessions

    def pass_time(self, seconds: float) -> None:
        """Move the clock, and do all that is due."""
        self.now += seconds
        self.broker.sweep()

    def restarted(self, namespace: Namespace = NAMESPACE) -> "Setup":
        """Return the broker after a commit and a restart."""
        self.store.commit()
        self.store.close()
        return Setup(self._path, namespace, self.now)


def take(source: Source) -> str:
    """Return the token of the next message."""
    delivered = source.receive(and_delete=False)
    assert delivered
    assert delivered.token
    return delivered.token


def bodies(subqueue: Subqueue, session: str | None = None) -> list[bytes]:
    """Return the data of all messages that a peek shows."""
    return [split(each).body[5:] for each in subqueue.peek(1, 250, session=session)]
