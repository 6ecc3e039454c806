"""Durability: acknowledged messages survive any end of the bus, settled ones do not come back."""

import os
import random
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from proton import Delivery, Message, ProtonException, Timeout, symbol, timestamp
from proton.utils import LinkDetached

from sandbox.deployment import Rule
from sandbox.servicebus import RuleError, StoreError
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.peer import Peer
from tests.sandbox.servicebus.process import Process
from tests.sandbox.servicebus.world import NAMESPACE, topic

PEEK = {"operation": "com.microsoft:peek-message"}
FIRST = {"from-sequence-number": 1, "message-count": 1}
LATER = symbol("x-opt-scheduled-enqueue-time")
# By hand, before a change of the store: `KILLS=100`.
ROUNDS = int(os.environ.get("KILLS", "2"))


def connected(port: int, *paths: str) -> Peer:
    """Return a connection that may do everything."""
    peer = Peer(port)
    for path in paths:
        peer.put_as("owner", path)
    return peer


def all_of(peer: Peer, path: str, session: str | None = None) -> list[Any]:
    """Receive and complete every message that waits. Return them."""
    receiver = receiver_of(peer, path, session)
    found = []
    while peer.ask(f"{path}/$management", PEEK, FIRST).body:
        with suppress(Timeout):
            while True:
                found.append(receiver.receive(timeout=0.3))
                receiver.accept()
    return found


def receiver_of(peer: Peer, path: str, session: str | None) -> Any:
    """Return a receiver of a queue, or of one session in it."""
    if session is None:
        return peer.receiver(path, credit=1)
    return peer.session_receiver(path, session, credit=1)


@dataclass
class Ledger:
    """A client's messages and the bus's answers to them, as in Jepsen's total-queue."""

    sent: set[int] = field(default_factory=set)
    acknowledged: set[int] = field(default_factory=set)
    completed: set[int] = field(default_factory=set)

    def check(self, left: list[int]) -> None:
        """Assert that nothing is lost, unexpected, or delivered again after its completion."""
        assert len(left) == len(set(left))
        assert self.acknowledged - self.completed - set(left) == set()
        assert set(left) - self.sent == set()
        assert self.completed & set(left) == set()


@dataclass
class Course:
    """A client that sends to a queue, each third message for a moment later, and completes some."""

    path: str
    session: str | None = None
    ledger: Ledger = field(default_factory=Ledger)

    def connect(self, peer: Peer) -> None:
        """Open the links."""
        self.peer = peer
        self.sender = peer.sender(self.path)
        self.receiver = receiver_of(peer, self.path, self.session)

    def step(self) -> None:
        """Send a message, and complete one now and then. Raises ProtonException once killed."""
        number = len(self.ledger.sent)
        self.ledger.sent.add(number)
        annotations = {LATER: timestamp(int(time.time() * 1000) + 20)} if number % 3 == 1 else None
        self.sender.send(Message(number, group_id=self.session, annotations=annotations))
        self.ledger.acknowledged.add(number)
        if number % 3 == 0:
            body = self.receiver.receive().body
            delivery = self.receiver.fetcher.unsettled.popleft()
            if self.peer.settle(delivery, Delivery.ACCEPTED) is None:
                self.ledger.completed.add(body)


def work(peer: Peer, courses: Sequence[Course], enough: int, kill: Callable[[], None]) -> None:
    """Send, and complete some, until the bus is killed with the next message on its way."""
    for course in courses:
        course.connect(peer)
    for number in count():
        if number == enough:
            threading.Timer(0.005, kill).start()
        for course in courses:
            course.step()


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """Messages that wait, are scheduled, or belong to a session."""
    chance = random.Random(5)  # noqa: S311 - a test that can be repeated
    courses = Course("orders"), Course("visits", "s")
    for _ in range(ROUNDS):
        with Process(tmp_path) as bus:
            with suppress(ProtonException):
                work(connected(bus.port, ""), courses, chance.randint(10, 60), bus.kill)
            bus.ended()
    with Process(tmp_path) as bus, connected(bus.port, "") as peer:
        for each in courses:
            each.ledger.check([m.body for m in all_of(peer, each.path, each.session)])
            assert len(each.ledger.completed) > 5


def test_a_restart_keeps_order_counts_dead_letters_and_what_was_seen(tmp_path: Path) -> None:
    with Running(tmp_path) as bus, connected(bus.plain_port, "orders", "once") as peer:
        seen = peer.sender("once")
        for body in "abc":
            seen.send(Message(body, id=body))
        sender = peer.sender("orders")
        for body in "abc":
            sender.send(Message(body))
        receiver = peer.receiver("orders")
        for state in (Delivery.REJECTED, Delivery.MODIFIED):
            receiver.receive()
            delivery = receiver.fetcher.unsettled.popleft()
            delivery.local.failed = True
            assert peer.settle(delivery, state) is None
        receiver.receive()  # locked when the bus stops
    with Running(tmp_path) as bus, connected(bus.plain_port, "orders", "once") as peer:
        peer.sender("once").send(Message("again", id="a"))
        assert [each.body for each in all_of(peer, "once")] == ["a", "b", "c"]
        peer.sender("orders").send(Message("d"))
        left = all_of(peer, "orders")
        assert [each.body for each in left] == ["b", "c", "d"]
        assert [each.delivery_count for each in left] == [1, 0, 0]
        numbers = [each.annotations["x-opt-sequence-number"] for each in left]
        assert numbers == [2, 3, 4]
        dead = all_of(peer, "orders/$deadletterqueue")
        assert [each.body for each in dead] == ["a"]


def test_the_files_are_private_and_for_one_bus_at_a_time(tmp_path: Path) -> None:
    with Running(tmp_path) as bus, connected(bus.plain_port, "orders") as peer:
        peer.sender("orders").send(Message("x"))
        files = list(tmp_path.glob("bus.sqlite*"))
        assert len(files) >= 2
        assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
        second = Running(tmp_path)
        with pytest.raises(StoreError, match="database is locked"), second:
            pass
        second.give_up()


def test_a_store_of_another_layout_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "bus.sqlite") as database:
        database.execute("PRAGMA user_version=99")
    bus = Running(tmp_path)
    with pytest.raises(StoreError, match="it is of layout 99"), bus:
        pass
    bus.give_up()


def test_a_store_of_the_first_layout_keeps_its_messages(tmp_path: Path) -> None:
    with Running(tmp_path) as bus, connected(bus.plain_port, "orders") as peer:
        peer.sender("orders").send(Message("kept"))
    with closing(sqlite3.connect(tmp_path / "bus.sqlite")) as database, database:
        for column in ("session", "state", "due"):
            database.execute(f"ALTER TABLE messages DROP COLUMN {column}")
        database.execute("DROP TABLE sessions")
        database.execute("PRAGMA user_version=1")
    with Running(tmp_path) as bus, connected(bus.plain_port, "orders") as peer:
        assert [each.body for each in all_of(peer, "orders")] == ["kept"]


def test_a_rule_that_is_not_understood_stops_the_start_and_leaves_the_store(tmp_path: Path) -> None:
    odd = replace(NAMESPACE, topics=(topic("t", s=(Rule("odd", sql="newid() = 1"),)),))
    bus = Running(tmp_path, odd)
    with pytest.raises(RuleError, match="Rule 'odd' of subscription 't/Subscriptions/s'"), bus:
        pass
    bus.give_up()
    with Running(tmp_path):
        pass


def test_an_entity_that_is_deleted_takes_its_messages_along(tmp_path: Path) -> None:
    with Running(tmp_path) as bus, connected(bus.plain_port, "orders") as peer:
        peer.sender("orders").send(Message("x"))
    without = replace(NAMESPACE, queues=tuple(NAMESPACE.queues[1:]))
    with (
        Running(tmp_path, without) as bus,
        connected(bus.plain_port, "") as peer,
        pytest.raises(LinkDetached, match="could not be found"),
    ):
        peer.sender("orders")
    with Running(tmp_path) as bus, connected(bus.plain_port, "orders") as peer:
        assert all_of(peer, "orders") == []


def test_a_store_that_fails_acknowledges_nothing_and_recovers(tmp_path: Path) -> None:
    with Running(tmp_path) as bus:
        with connected(bus.plain_port, "orders") as peer:
            peer.sender("orders").send(Message("kept"))
        with bus.failing_store(), suppress(ProtonException):
            peer = connected(bus.plain_port, "orders")
            peer.sender("orders").send(Message("lost"))
            raise AssertionError("it was acknowledged")
        with connected(bus.plain_port, "orders") as peer:
            peer.sender("orders").send(Message("later"))
            assert [each.body for each in all_of(peer, "orders")] == ["kept", "later"]


def test_a_bus_that_has_stopped_does_not_touch_its_closed_store(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Running(tmp_path) as bus:
        peer = connected(bus.plain_port, "orders")
    assert peer.wait_for_close().name == "amqp:connection:forced"
    assert caplog.messages == []
