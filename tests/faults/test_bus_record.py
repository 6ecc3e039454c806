"""The record of a client of the bus is consistent, however often the bus is killed.

The checks are those of Jepsen's total-queue: https://github.com/jepsen-io/jepsen (checker.clj).
"""

import random
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from proton import Delivery, Message, ProtonException, Timeout

from tests.sandbox.servicebus.harness import until
from tests.sandbox.servicebus.peer import Peer
from tests.sandbox.servicebus.process import Process
from tests.sandbox.servicebus.test_durability import FIRST, PEEK

QUEUE = "orders"
DEAD = f"{QUEUE}/$deadletterqueue"
SENDERS, RECEIVERS, LIVES = 2, 2, 4
MESSAGES = 50  # completed in each life, at least


class Did(Enum):
    """A client's action on a message, or an answer it got."""

    SEND = "sent"
    ACKNOWLEDGED = "acknowledged"
    DELIVERED = "delivered"
    COMPLETE = "answered to complete"
    COMPLETED = "completed"


@dataclass
class Record:
    """Everything in the order in which it happened."""

    events: list[tuple[Did, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, did: Did, body: str) -> None:
        with self._lock:
            self.events.append((did, body))

    def bodies(self, did: Did) -> set[str]:
        return {body for what, body in self.events if what is did}

    @property
    def lost(self) -> set[str]:
        """Acknowledged, and never delivered to anybody."""
        return self.bodies(Did.ACKNOWLEDGED) - self.bodies(Did.DELIVERED)

    @property
    def gone(self) -> set[str]:
        """Return messages that were acknowledged, yet neither delivered for good nor completed."""
        return self.bodies(Did.ACKNOWLEDGED) - self.bodies(Did.COMPLETE)

    @property
    def unanswered(self) -> set[str]:
        """Sent, and never acknowledged."""
        return self.bodies(Did.SEND) - self.bodies(Did.ACKNOWLEDGED)

    @property
    def unexpected(self) -> set[str]:
        """Delivered, and never sent."""
        return self.bodies(Did.DELIVERED) - self.bodies(Did.SEND)

    @property
    def after_completion(self) -> list[str]:
        """Delivered although the bus had confirmed that it is completed."""
        completed: set[str] = set()
        found = []
        for did, body in self.events:
            if did is Did.COMPLETED:
                completed.add(body)
            elif did is Did.DELIVERED and body in completed:
                found.append(body)
        return found


def connected(port: int) -> Peer:
    peer = Peer(port)
    for path in (QUEUE, DEAD):
        peer.put_as("owner", path)
    return peer


def send(port: int, record: Record, name: str) -> None:
    """Send until the bus is gone."""
    with suppress(ProtonException):
        sender = connected(port).sender(QUEUE)
        number = 0
        while True:
            body = f"{name}-{number}"
            number += 1
            record.write(Did.SEND, body)
            sender.send(Message(body))
            record.write(Did.ACKNOWLEDGED, body)


def receive(port: int, record: Record, chance: random.Random) -> None:
    """Receive until the bus is gone; complete most, abandon some, keep some until the kill."""
    with suppress(ProtonException):
        peer = connected(port)
        receiver = peer.receiver(QUEUE, credit=1)
        while True:
            with suppress(Timeout):
                settle(peer, receiver, record, chance.random())


def settle(peer: Peer, receiver: object, record: Record, dice: float, timeout: float = 1) -> None:
    body = receiver.receive(timeout=timeout).body  # type: ignore[attr-defined]
    record.write(Did.DELIVERED, body)
    delivery = receiver.fetcher.unsettled.popleft()  # type: ignore[attr-defined]
    if dice < 0.1:
        delivery.local.failed = True
        peer.settle(delivery, Delivery.MODIFIED)
    elif dice > 0.15:
        record.write(Did.COMPLETE, body)
        if peer.settle(delivery, Delivery.ACCEPTED) is None:
            record.write(Did.COMPLETED, body)


def drain(peer: Peer, path: str, record: Record) -> None:
    """Take all that is left."""
    receiver = peer.receiver(path, credit=1)
    while peer.ask(f"{path}/$management", PEEK, FIRST).body:
        with suppress(Timeout):
            while True:
                settle(peer, receiver, record, dice=1)


def one_life(folder: Path, record: Record, number: int, chance: random.Random) -> None:
    """Senders and receivers at work until the bus is killed in the middle of it."""
    sent = len(record.bodies(Did.ACKNOWLEDGED))
    enough = len(record.bodies(Did.COMPLETED)) + chance.randint(MESSAGES, 3 * MESSAGES)
    with Process(folder) as bus:
        senders = [
            threading.Thread(target=send, args=(bus.port, record, f"{number}-{each}"))
            for each in range(SENDERS)
        ]
        receivers = [
            threading.Thread(
                target=receive,
                args=(bus.port, record, random.Random(chance.random())),  # noqa: S311
            )
            for _ in range(RECEIVERS)
        ]
        for thread in (*senders, *receivers):
            thread.start()
        until(lambda: len(record.bodies(Did.ACKNOWLEDGED)) > sent, patience=100)
        until(lambda: len(record.bodies(Did.COMPLETED)) >= enough, patience=200)
        bus.kill()
        bus.ended()
        for thread in (*senders, *receivers):
            thread.join(100)
            assert not thread.is_alive()


def test_kill_9_of_the_bus_loses_nothing_invents_nothing_and_repeats_nothing_completed(
    tmp_path: Path,
) -> None:
    chance, record = random.Random(11), Record()  # noqa: S311 - a test that can be repeated
    for number in range(LIVES):
        one_life(tmp_path, record, number, chance)
    with Process(tmp_path) as bus, connected(bus.port) as peer:
        drain(peer, QUEUE, record)
        drain(peer, DEAD, record)
    assert record.lost == set()
    assert record.gone == set()
    assert record.unexpected == set()
    assert record.after_completion == []
    assert len(record.unanswered) >= LIVES, "each kill comes while a message is being sent"


def test_the_record_tells_what_is_lost_unanswered_unexpected_or_repeated() -> None:
    record = Record()
    for did, body in (
        (Did.SEND, "lost"),
        (Did.ACKNOWLEDGED, "lost"),
        (Did.SEND, "again"),
        (Did.ACKNOWLEDGED, "again"),
        (Did.DELIVERED, "again"),
        (Did.COMPLETE, "again"),
        (Did.COMPLETED, "again"),
        (Did.DELIVERED, "again"),
        (Did.DELIVERED, "unexpected"),
        (Did.SEND, "on its way"),
    ):
        record.write(did, body)
    assert record.lost == record.gone == {"lost"}
    assert record.unanswered == {"on its way"}
    assert record.unexpected == {"unexpected"}
    assert record.after_completion == ["again"]
