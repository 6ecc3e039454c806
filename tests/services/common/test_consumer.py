"""The consumer against a receiver that a test can drive: the ways it settles, and when."""

import errno
import logging
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from queue import Empty, Queue
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.servicebus.exceptions import MessageLockLostError, ServiceBusConnectionError
from websocket import WebSocketProxyException, WebSocketTimeoutException

from services.common import consumer
from services.common.consumer import (
    Action,
    Consumer,
    Decision,
    InFlight,
    LeaveLocked,
    Permanent,
    RetryPolicy,
    Transient,
    decide,
    is_defect,
)

SHORT = RetryPolicy(first=0.01, longest=0.05, total=60)
NO_RETRIES = RetryPolicy(first=0.01, longest=0.01, total=0)


@dataclass(frozen=True)
class Message:
    message_id: str
    sequence_number: int = 0


@dataclass
class FakeReceiver:
    """A receiver of an entity that hands out given messages, and remembers its calls."""

    waiting: Queue[Message] = field(default_factory=Queue)
    locked: list[Message] = field(default_factory=list)  # by another receiver
    settled: list[tuple[Any, ...]] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    faults: dict[str, list[Exception]] = field(default_factory=dict)
    threads: set[str] = field(default_factory=set)
    asked: int = 0
    opened: int = 0
    closed: int = 0
    ends_silently: bool = False  # whenever it is asked

    def put(self, *names: str) -> None:
        for number, name in enumerate(names):
            self.waiting.put(Message(name, number))

    @contextmanager
    def open(self) -> Iterator[Any]:
        self._called("open")
        self.opened += 1
        try:
            yield self
        finally:
            self.closed += 1

    def receive_messages(self, max_message_count: int, max_wait_time: float) -> list[Message]:
        self._called("receive")
        self.asked += 1
        if self.ends_silently:
            return []
        try:
            return [self.waiting.get(timeout=max_wait_time)]
        except Empty:
            return []

    def peek_messages(self, max_message_count: int, sequence_number: int) -> list[Message]:
        self._called("peek")
        there = (each for each in self.locked if each.sequence_number >= sequence_number)
        return list(islice(there, max_message_count))

    def renew_message_lock(self, message: Message, timeout: float) -> None:
        self._called("renew")
        self.renewed.append(message.message_id)

    def complete_message(self, message: Message) -> None:
        self._called("settle")
        self.settled.append(("complete", message.message_id))

    def abandon_message(self, message: Message) -> None:
        self._called("settle")
        self.settled.append(("abandon", message.message_id))

    def dead_letter_message(self, message: Message, reason: str, description: str) -> None:
        self._called("settle")
        self.settled.append(("dead-letter", message.message_id, reason, description))

    def _called(self, what: str) -> None:
        self.threads.add(threading.current_thread().name)
        if self.faults.get(what):
            raise self.faults[what].pop(0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "RECEIVE_TIMEOUT", 0.04)


@pytest.fixture
def bus() -> FakeReceiver:
    return FakeReceiver()


class Later:
    """The consumer's clock, which a test sets on."""

    def __init__(self, patched: pytest.MonkeyPatch) -> None:
        self._ahead = 0.0
        patched.setattr(consumer, "time", SimpleNamespace(monotonic=self._now))

    def by(self, seconds: float) -> None:
        self._ahead += seconds

    def _now(self) -> float:
        return time.monotonic() + self._ahead


@contextmanager
def consuming(
    bus: FakeReceiver, handle: Callable[[Any], object], policy: RetryPolicy = SHORT, **options: Any
) -> Iterator[Consumer]:
    running = Consumer("test", bus.open, handle, policy, **options)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def eventually(holds: Callable[[], object], within: float = 60) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.005)
    return False


def test_what_is_handled_is_completed(bus: FakeReceiver) -> None:
    bus.put("one", "two")
    with consuming(bus, lambda message: None):
        assert eventually(lambda: sorted(bus.settled) == [("complete", "one"), ("complete", "two")])


def test_one_thread_makes_every_call_on_the_receiver_and_handlers_run_elsewhere(
    bus: FakeReceiver,
) -> None:
    handlers: set[str] = set()
    bus.put("one", "two", "three")
    with consuming(
        bus, lambda message: handlers.add(threading.current_thread().name), renew_every=0.001
    ):
        assert eventually(lambda: len(bus.settled) == 3)
    assert len(bus.threads) == 1
    assert not handlers & bus.threads


def test_a_message_that_comes_alone_is_settled_at_once_and_not_after_the_next_receive(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "RECEIVE_TIMEOUT", 600)
    monkeypatch.setattr(consumer, "FAST_HANDLER", 60)
    later = Later(monkeypatch)
    with consuming(bus, lambda message: None, grace=60) as running:
        assert eventually(lambda: bus.asked)
        later.by(61)  # it has waited longer than a handler takes
        bus.put("alone")
        assert eventually(lambda: bus.settled == [("complete", "alone")])
        running._stopping.set()
        bus.put("that ends the receive")


def test_a_busy_handler_does_not_starve_the_renewal_of_locks(bus: FakeReceiver) -> None:
    busy = threading.Event()

    def work(message: Any) -> None:
        while not busy.is_set():
            pass

    bus.put("slow")
    with consuming(bus, work, renew_every=0.02):
        assert eventually(lambda: len(bus.renewed) >= 3)
        assert not bus.settled
        busy.set()
        assert eventually(lambda: bus.settled == [("complete", "slow")])


def test_a_transient_failure_waits_in_flight_with_its_lock_renewed(bus: FakeReceiver) -> None:
    attempts: list[float] = []

    def fail_twice(message: Any) -> None:
        attempts.append(time.monotonic())
        if len(attempts) < 3 or not bus.renewed:
            raise Transient("not now", retry_after=0.1)

    bus.put("patient")
    with consuming(bus, fail_twice, renew_every=0.02):
        assert eventually(lambda: bus.settled == [("complete", "patient")])
    assert len(attempts) >= 3
    assert attempts[1] - attempts[0] >= 0.1
    assert bus.renewed


def test_a_message_is_abandoned_when_patience_ends(bus: FakeReceiver) -> None:
    def fail(message: Any) -> None:
        raise ConnectionError("storage is unavailable")

    bus.put("hopeless")
    with consuming(bus, fail, NO_RETRIES):
        assert eventually(lambda: bus.settled == [("abandon", "hopeless")])


def test_a_permanent_failure_is_dead_lettered_with_reason_and_description(
    bus: FakeReceiver,
) -> None:
    def refuse(message: Any) -> None:
        raise Permanent("UnknownEvent", "This is no event.")

    bus.put("poison")
    with consuming(bus, refuse):
        expected = [("dead-letter", "poison", "UnknownEvent", "This is no event.")]
        assert eventually(lambda: bus.settled == expected)


def test_what_is_left_takes_no_place_and_is_not_settled(bus: FakeReceiver) -> None:
    def leave_first(message: Any) -> None:
        if message.message_id == "strange":
            raise LeaveLocked("not ours")

    bus.put("strange", "known")
    with consuming(bus, leave_first, max_in_flight=1):
        assert eventually(lambda: bus.settled == [("complete", "known")])


def test_what_comes_again_and_again_is_warned_about_once(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    def leave(message: Any) -> None:
        if message.message_id == "strange":
            raise LeaveLocked("not ours")

    caplog.set_level(logging.DEBUG)
    bus.put("strange")
    bus.put("strange", "known")
    with consuming(bus, leave, max_in_flight=1):
        assert eventually(lambda: bus.settled == [("complete", "known")])
    levels = [record.levelname for record in caplog.records if "LEAVE" in record.message]
    assert levels == ["WARNING", "DEBUG"]


def test_only_a_few_messages_are_in_flight_at_a_time(bus: FakeReceiver) -> None:
    busy = threading.Event()
    bus.put("1", "2", "3", "4", "5")
    with consuming(bus, lambda message: busy.wait(100), max_in_flight=2):
        assert eventually(lambda: bus.waiting.qsize() == 3)
        time.sleep(0.1)
        assert bus.waiting.qsize() == 3
        busy.set()
        assert eventually(lambda: len(bus.settled) == 5)


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ("open", WebSocketProxyException("failed CONNECT via proxy status: 403")),
        ("open", OSError("refused")),
        ("receive", ServiceBusConnectionError(message="detached")),
    ],
    ids=["refused by a proxy", "refused by the host", "link lost"],
)
def test_a_lost_link_is_opened_again(
    bus: FakeReceiver, where: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Consumer, "_back_off", lambda self, seconds: None)
    bus.faults[where] = [error]
    bus.put("after")
    with consuming(bus, lambda message: None):
        assert eventually(lambda: bus.settled == [("complete", "after")])


def test_a_receiver_that_ended_silently_is_opened_again(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Consumer, "_back_off", lambda self, seconds: None)
    bus.ends_silently = True
    with consuming(bus, lambda message: None):
        assert eventually(lambda: bus.opened >= 2)


def test_a_receiver_that_was_quiet_for_long_is_reopened(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "RECONNECT_WHEN_IDLE", 0.05)
    with consuming(bus, lambda message: None):
        assert eventually(lambda: bus.opened >= 2)


def test_pauses_between_attempts_to_open_grow(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(Consumer, "_back_off", lambda self, seconds: pauses.append(seconds))
    bus.faults["open"] = [OSError("refused")] * 4
    with consuming(bus, lambda message: None):
        assert eventually(lambda: bus.opened == 1)
    assert pauses[:4] == sorted(pauses[:4])
    assert pauses[3] > pauses[0]


def test_what_could_not_be_settled_on_a_lost_link_is_settled_on_the_next(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Consumer, "_back_off", lambda self, seconds: None)
    bus.faults["settle"] = [ServiceBusConnectionError(message="detached")]
    bus.put("held")
    with consuming(bus, lambda message: None):
        assert eventually(lambda: bus.settled == [("complete", "held")])
    assert bus.opened == 2


@pytest.mark.parametrize("where", ["renew", "settle"])
def test_a_message_whose_lock_was_lost_is_dropped_and_not_settled(
    bus: FakeReceiver, where: str
) -> None:
    busy = threading.Event()
    if where == "settle":
        busy.set()
    bus.faults[where] = [MessageLockLostError()]
    bus.put("lost")
    with consuming(bus, lambda message: busy.wait(100), max_in_flight=1, renew_every=0.01):
        assert eventually(lambda: not bus.faults[where])
        busy.set()
        bus.put("next")
        assert eventually(lambda: bus.settled == [("complete", "next")])
    assert bus.opened == 1


def test_stop_lets_a_running_handler_finish_and_takes_no_new_message(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, busy, genuine = threading.Event(), threading.Event(), Consumer._drain

    def work(message: Any) -> None:
        begun.set()
        busy.wait(100)

    def drain(running: Consumer, receiver: Any) -> None:
        bus.put("late")
        busy.set()
        genuine(running, receiver)

    monkeypatch.setattr(Consumer, "_drain", drain)
    bus.put("running")
    with consuming(bus, work, max_in_flight=2, grace=60) as running:
        assert begun.wait(60)
        running.stop()
        assert bus.settled == [("complete", "running")]
        assert bus.closed == bus.opened
        assert bus.waiting.qsize() == 1


def test_stop_gives_back_what_waits_and_keeps_the_lock_of_what_still_runs(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, genuine, renewed = threading.Event(), Consumer._drain, list[str]()

    def work(message: Any) -> None:
        if message.message_id == "waits":
            raise Transient("not now", retry_after=30)
        stuck.wait(100)

    def drain(running: Consumer, receiver: Any) -> None:
        renewed.extend(bus.renewed)
        genuine(running, receiver)

    monkeypatch.setattr(Consumer, "_drain", drain)
    bus.put("waits", "stuck")
    with consuming(bus, work, grace=0.4, renew_every=0) as running:
        assert eventually(lambda: ": WAIT: " in caplog.text and "stuck" in bus.renewed)
        running.stop()
        assert bus.settled == [("abandon", "waits")]
        assert bus.renewed.count("stuck") > renewed.count("stuck")
        assert bus.closed == bus.opened
        stuck.set()


def test_what_finishes_at_the_end_of_the_grace_time_is_settled(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, over, genuine = threading.Event(), threading.Event(), Consumer._collect
    later = Later(monkeypatch)

    def work(message: Any) -> None:
        begun.set()
        over.wait(100)

    def collect(running: Consumer, wait: float) -> None:
        if wait and running._stopping.is_set():
            later.by(61)  # the grace time ends while it waits
            over.set()
            wait = 60
        genuine(running, wait)

    monkeypatch.setattr(Consumer, "_collect", collect)
    bus.put("late")
    with consuming(bus, work, grace=60) as running:
        assert begun.wait(60)
        running.stop()
        assert bus.settled == [("complete", "late")]


@pytest.mark.parametrize("failing", [4, 8, 31])
@pytest.mark.parametrize("error", [KeyError("x"), Transient("the partner answers 500")])
def test_a_good_message_does_not_wait_behind_failing_ones(
    bus: FakeReceiver, failing: int, error: Exception
) -> None:
    def handle(message: Any) -> None:
        if message.message_id != "good":
            raise error

    bus.put(*(f"bad {number}" for number in range(failing)), "good")
    with consuming(bus, handle, RetryPolicy(first=60, longest=60, total=3600)):
        assert eventually(lambda: bus.settled == [("complete", "good")])


def test_no_new_message_is_taken_while_as_many_fail_as_may_wait(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    down = threading.Event()
    down.set()

    def handle(message: Any) -> None:
        if down.is_set():
            raise ConnectionError("storage is unavailable")

    bus.put("1", "2", "3", "4", "5")
    with consuming(bus, handle, SHORT, max_in_flight=1, max_waiting=3):
        assert eventually(lambda: "3 messages fail; no new one is taken" in caplog.text)
        time.sleep(0.2)
        assert bus.waiting.qsize() == 2
        assert not bus.settled  # no delivery of any message is used up
        down.clear()
        assert eventually(lambda: len(bus.settled) == 5)
        assert {what for what, _ in bus.settled} == {"complete"}


def test_where_most_others_succeed_failing_messages_are_dead_lettered_to_make_room(
    bus: FakeReceiver,
) -> None:
    def handle(message: Any) -> None:
        if message.message_id.startswith("bad"):
            raise Transient("the partner answers 500")

    bus.put("good 1", "bad 1", "good 2", "good 3", "bad 2", "good 4", "good 5")
    with consuming(bus, handle, max_in_flight=1, max_waiting=2):
        assert eventually(lambda: len(bus.settled) >= 6)
    done = {each[1]: each for each in bus.settled}
    assert {f"good {number}" for number in range(1, 6)} <= done.keys()
    what, _, reason, description = done["bad 1"]
    assert (what, reason) == ("dead-letter", "Transient")
    assert description.endswith("Transient: the partner answers 500\n")


def test_a_defect_is_tried_a_few_times_and_dead_lettered_with_its_type_and_traceback(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "DEFECT_POLICY", SHORT)
    attempts: list[str] = []

    def handle(message: Any) -> None:
        attempts.append(message.message_id)
        if len(attempts) == 3:
            monkeypatch.setattr(consumer, "DEFECT_POLICY", NO_RETRIES)  # its time is over
        raise KeyError("x")

    bus.put("one")
    with consuming(bus, handle):
        assert eventually(lambda: bus.settled)
    ((what, name, reason, description),) = bus.settled
    assert (what, name, reason) == ("dead-letter", "one", "KeyError")
    assert "in handle" in description
    assert description.endswith("KeyError: 'x'\n")
    assert len(attempts) == 3
    first = caplog.records[0]
    assert first.getMessage() == "test: WAIT: KeyError: 'x'"
    assert first.levelname == "ERROR"
    assert first.exc_info


def test_a_dead_letter_whose_handler_has_a_defect_is_left_and_reported_once(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(message: Any) -> None:
        if message.message_id == "dead":
            raise KeyError("x")

    monkeypatch.setattr(consumer, "DEFECT_POLICY", NO_RETRIES)
    bus.put("dead")
    bus.put("dead", "next")
    with consuming(bus, handle, max_in_flight=1, of_dead_letters=True):
        assert eventually(lambda: bus.settled == [("complete", "next")])
    assert [record.levelname for record in caplog.records].count("ERROR") == 1


def test_a_handler_that_ends_its_thread_is_a_defect(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "DEFECT_POLICY", NO_RETRIES)
    bus.put("one")
    with consuming(bus, lambda message: sys.exit("I quit")):
        assert eventually(lambda: [each[2] for each in bus.settled] == ["SystemExit"])


def test_a_handler_that_hangs_is_reported_once_and_the_process_is_not_alive_until_it_returns(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    hung = threading.Event()
    with consuming(bus, lambda message: hung.wait(100), overdue_after=0.1) as running:
        assert running.is_alive()
        bus.put("one")
        assert eventually(lambda: "a handler has not returned for" in caplog.text)
        time.sleep(0.1)
        assert caplog.text.count("a handler has not returned for") == 1
        assert not running.is_alive()
        hung.set()
        assert eventually(running.is_alive)
        assert eventually(lambda: bus.settled == [("complete", "one")])


def test_a_consumer_that_was_not_started_or_has_ended_is_not_alive(bus: FakeReceiver) -> None:
    idle = Consumer("idle", bus.open, lambda message: None, SHORT)
    assert not idle.is_alive()
    with consuming(bus, lambda message: None) as running:
        assert running.is_alive()
    assert not running.is_alive()


def test_a_package_that_is_missing_is_no_lost_link(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus.faults["open"] = [ImportError("No module named 'websocket'")] * 50
    seen = threading.Event()
    monkeypatch.setattr(
        Consumer, "_back_off", lambda self, _: len(bus.faults["open"]) > 1 or seen.wait(100)
    )
    with consuming(bus, lambda message: None) as running:
        assert eventually(lambda: not running.is_alive())
        assert caplog.records[0].levelname == "ERROR"
        assert caplog.records[0].exc_info
        seen.set()
        assert eventually(lambda: bus.opened == 1)
        assert eventually(running.is_alive)


def test_a_message_that_cannot_be_settled_does_not_stop_the_others(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Consumer, "_back_off", lambda self, seconds: None)
    bus.faults["settle"] = [ServiceBusConnectionError(message="refused")] * 2
    bus.put("strange", "good")
    with consuming(bus, lambda message: None, max_in_flight=1):
        assert eventually(lambda: bus.settled == [("complete", "good")])


def test_a_dead_letters_texts_are_cut_to_what_azure_takes(bus: FakeReceiver) -> None:
    def refuse(message: Any) -> None:
        raise Permanent("R" * 5000, "D" * 5000)

    bus.put("wordy")
    with consuming(bus, refuse):
        assert eventually(lambda: bus.settled)
    assert [len(text) for text in bus.settled[0][2:]] == [4000, 4000]


def test_consumers_that_share_it_stop_together(bus: FakeReceiver) -> None:
    stopping, other = threading.Event(), FakeReceiver()
    with (
        consuming(bus, lambda message: None, stopping=stopping) as first,
        consuming(other, lambda message: None, stopping=stopping),
    ):
        assert eventually(lambda: bus.opened and other.opened)
        first.stop()
        assert eventually(lambda: other.closed == 1)


def test_the_heart_beats_while_the_bus_is_down_and_stops_when_the_owner_hangs(
    bus: FakeReceiver,
) -> None:
    bus.faults["open"] = [OSError("refused")] * 100
    with consuming(bus, lambda message: None) as running:
        running._beat = time.monotonic() - 1000
        assert eventually(running.is_alive)
        hangs, hung = threading.Event(), threading.Event()
        running._open_receiver = lambda: hangs.set() or hung.wait(100)  # type: ignore[assignment,func-returns-value,return-value]
        assert hangs.wait(60)
        running._beat = time.monotonic() - 1000
        assert not running.is_alive()
        hung.set()


def test_the_right_to_receive_is_proved_by_a_link_that_stayed_attached(bus: FakeReceiver) -> None:
    idle = Consumer("idle", bus.open, lambda message: None, SHORT)
    with consuming(bus, lambda message: None) as running:
        assert eventually(running._attached.is_set)  # the proof itself waits for two seconds
        running.prove()
    idle._attached.wait = lambda timeout=None: False  # type: ignore[method-assign]
    with pytest.raises(TimeoutError):
        idle.prove()


def test_a_warning_about_a_message_is_written_in_its_handlers_context(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    """There a formatter finds the value that the handler put into a ContextVar."""
    about: ContextVar[str] = ContextVar("about", default="nothing")
    said: set[tuple[str, str]] = set()

    def note(record: Any) -> bool:
        said.add((record.message_id, about.get()))
        return True

    def fail(message: Any) -> None:
        about.set(f"photo of {message.message_id}")
        raise Permanent("Broken", "It is broken.")

    caplog.handler.addFilter(note)
    bus.faults["settle"] = [MessageLockLostError()]
    bus.put("one", "two")
    with consuming(bus, fail):
        assert eventually(lambda: len(caplog.records) == 3)
    caplog.handler.removeFilter(note)
    assert said == {("one", "photo of one"), ("two", "photo of two")}


def test_an_error_without_words_is_reported_by_its_name(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(message: Any) -> None:
        raise TimeoutError

    bus.put("one")
    with consuming(bus, fail):
        assert eventually(lambda: caplog.records)
    assert caplog.records[0].getMessage() == "test: WAIT: TimeoutError"


# The messages in flight, without any thread.


def test_a_message_in_flight_is_settled_by_its_handlers_outcome(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    later, policy = Later(monkeypatch), RetryPolicy(first=20, longest=20, total=600)
    in_flight, receiver = InFlight("test", policy, renew_every=1000), cast(Any, bus)
    for name, error in (("good", None), ("bad", Permanent("Why", "What.")), ("later", OSError())):
        each = in_flight.add(cast(Any, Message(name)))
        each.start()
        in_flight.finish(each, error)
    assert in_flight.service(receiver) == []
    assert bus.settled == [("complete", "good"), ("dead-letter", "bad", "Why", "What.")]
    assert len(in_flight) == 1
    later.by(24)  # a pause may be longer by a fifth
    (due,) = in_flight.service(receiver)
    assert (due.message.message_id, due.attempt) == ("later", 1)
    in_flight.give_back()
    in_flight.service(receiver)
    assert bus.settled[-1] == ("abandon", "later")
    assert not in_flight


def test_what_was_given_back_or_lost_is_not_handled_again(
    bus: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    later, policy = Later(monkeypatch), RetryPolicy(first=200, longest=200, total=600)
    in_flight, receiver = InFlight("test", policy, renew_every=100), cast(Any, bus)
    for name in ("lost", "given back"):
        each = in_flight.add(cast(Any, Message(name)))
        each.start()
        in_flight.finish(each, OSError())
    bus.faults["renew"] = [MessageLockLostError()]
    later.by(110)
    assert in_flight.service(receiver) == []
    assert bus.renewed == ["given back"]
    in_flight.give_back()
    later.by(200)
    assert in_flight.service(receiver) == []
    assert bus.settled == [("abandon", "given back")]
    assert not in_flight


def test_in_flight_has_room_for_so_many_first_attempts_and_renews_their_locks(
    bus: FakeReceiver,
) -> None:
    in_flight = InFlight("test", SHORT, max_fresh=2, renew_every=0, overdue_after=0)
    for name in ("one", "two"):
        assert in_flight.has_room()
        in_flight.add(cast(Any, Message(name))).start()
    assert not in_flight.has_room()
    assert in_flight.has_overdue()
    in_flight.service(cast(Any, bus))
    assert bus.renewed == ["one", "two"]
    assert not bus.settled


WAITS = {
    "nothing": (None, 0, 0, Action.COMPLETE),
    "permanent": (Permanent("Why", "What."), 0, 0, Action.DEAD_LETTER),
    "left": (LeaveLocked(), 0, 0, Action.LEAVE),
    "unavailable": (OSError(), 0, 0, 1),
    "unavailable for longer": (OSError(), 3, 0, 8),
    "unavailable for long": (OSError(), 99, 0, 60),
    "unavailable for too long": (OSError(), 99, 541, Action.ABANDON),
    "asked to come later": (Transient("later", 90), 0, 0, 90),
    "asked to come much later": (Transient("much later", 900), 0, 0, Action.ABANDON),
    "a defect": (KeyError("x"), 0, 0, 5),
    "a defect again": (KeyError("x"), 2, 15, 20),
    "a defect after 75 s": (KeyError("x"), 4, 75, Action.DEAD_LETTER),
}


@pytest.mark.parametrize(("error", "attempt", "held", "expected"), WAITS.values(), ids=WAITS)
def test_a_decision_follows_from_the_error_and_the_time_in_flight(
    error: Exception | None, attempt: int, held: float, expected: Action | float
) -> None:
    decision = decide(error, attempt, held, RetryPolicy(1, 60, 600))
    if isinstance(expected, Action):
        assert decision.action is expected
    else:
        assert decision == Decision(Action.WAIT, expected)


@pytest.mark.parametrize(
    ("error", "attempt", "action"),
    [
        (None, 5, Action.COMPLETE),
        (OSError(), 2, Action.WAIT),
        (OSError(), 3, Action.DEAD_LETTER),
        (Transient("later"), 3, Action.DEAD_LETTER),
        (LeaveLocked(), 3, Action.LEAVE),
    ],
)
def test_in_a_crowd_what_has_failed_often_enough_makes_room(
    error: Exception | None, attempt: int, action: Action
) -> None:
    assert decide(error, attempt, 0, RetryPolicy(), crowded=True).action is action


@pytest.mark.parametrize(
    "error",
    [
        Transient("later"),
        ServiceRequestError("refused"),
        HttpResponseError("503"),
        ServiceBusConnectionError(message="detached"),
        requests.ConnectionError("refused"),
        requests.Timeout(),
        WebSocketTimeoutException(),
        ConnectionResetError(),
        TimeoutError(),
        OSError(errno.ENETUNREACH, "no route"),
        socket.gaierror(),
        ssl.SSLError(),
    ],
    ids=repr,
)
def test_an_unavailable_dependency_is_no_defect(error: Exception) -> None:
    assert not is_defect(error)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        ValueError(),
        TypeError(),
        AssertionError(),
        RuntimeError(),
        ImportError(),
        MemoryError(),
        SystemExit(),
        FileNotFoundError(),
        PermissionError(),
        requests.exceptions.InvalidURL(),
        requests.exceptions.JSONDecodeError("no JSON", "", 0),
    ],
    ids=repr,
)
def test_what_no_waiting_mends_is_a_defect(error: BaseException) -> None:
    assert is_defect(error)
