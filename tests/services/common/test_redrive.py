"""Redrive: each dead letter once, and an exit status that says whether any is left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest
from azure.servicebus.exceptions import MessageLockLostError

from services.common.redrive import redrive, run


@dataclass(frozen=True)
class Message:
    message_id: str
    sequence_number: int


@dataclass
class FakeReceiver:
    """A receiver of dead letters that hands out given messages, and remembers its calls."""

    waiting: list[Message] = field(default_factory=list)
    locked: list[Message] = field(default_factory=list)  # by another receiver
    settled: list[tuple[str, str]] = field(default_factory=list)
    lost: list[Exception] = field(default_factory=list)  # the errors of the next settlements
    closed: int = 0

    def put(self, *names: str) -> None:
        self.waiting += [Message(name, number) for number, name in enumerate(names)]

    @contextmanager
    def open(self) -> Iterator[Any]:
        yield self
        self.closed += 1

    def receive_messages(self, max_message_count: int, max_wait_time: float) -> list[Message]:
        return [self.waiting.pop(0)] if self.waiting else []

    def peek_messages(self, max_message_count: int, sequence_number: int) -> list[Message]:
        found = (each for each in self.locked if each.sequence_number >= sequence_number)
        return list(islice(found, max_message_count))

    def complete_message(self, message: Message) -> None:
        self._settle("complete", message)

    def abandon_message(self, message: Message) -> None:
        self._settle("abandon", message)

    def _settle(self, how: str, message: Message) -> None:
        if self.lost:
            raise self.lost.pop(0)
        self.settled.append((how, message.message_id))


@pytest.fixture
def bus() -> FakeReceiver:
    return FakeReceiver()


def redriven(bus: FakeReceiver, handle: Callable[[Any], object]) -> tuple[int, int]:
    with bus.open() as receiver:
        return redrive(receiver, handle)


def test_redrive_completes_what_succeeds_and_leaves_what_fails(bus: FakeReceiver) -> None:
    def fail_b(message: Any) -> None:
        if message.message_id == "b":
            raise ValueError("still not")

    bus.put("a", "b", "c")
    assert redriven(bus, fail_b) == (2, 1)
    assert bus.settled == [("complete", "a"), ("complete", "c"), ("abandon", "b")]


def test_redrive_handles_a_message_that_comes_again_only_once(bus: FakeReceiver) -> None:
    handled: list[str] = []

    def fail(message: Any) -> None:
        handled.append(message.message_id)
        raise OSError("still down")

    bus.put("same")
    bus.put("same")
    assert redriven(bus, fail) == (0, 1)
    assert handled == ["same"]


def test_redrive_goes_on_when_a_lock_was_lost(bus: FakeReceiver) -> None:
    bus.lost = [MessageLockLostError(), MessageLockLostError()]
    bus.put("lost")
    assert redriven(bus, lambda message: None) == (0, 1)


@pytest.mark.parametrize(("names", "status"), [(["good"], 0), (["good", "bad"], 1), ([], 0)])
def test_the_exit_status_says_whether_dead_letters_are_left(
    bus: FakeReceiver, capsys: pytest.CaptureFixture[str], names: list[str], status: int
) -> None:
    def handle(message: Any) -> None:
        if message.message_id == "bad":
            raise OSError("still down")

    bus.put(*names)
    with pytest.raises(SystemExit) as ended:
        run("catalog", lambda: (bus.open(), handle))
    assert ended.value.code == status
    handled = len(names) - status
    assert capsys.readouterr().out == f"catalog: {handled} dead letters handled, {status} left\n"
    assert bus.closed == 1


def test_what_another_receiver_has_locked_is_told(
    bus: FakeReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    bus.put("free")
    bus.locked += [Message("locked", number) for number in range(1, 251)]
    with pytest.raises(SystemExit) as ended:
        run("thumbnailer", lambda: (bus.open(), lambda message: None))
    assert ended.value.code == 1
    assert capsys.readouterr().out == (
        "thumbnailer: 1 dead letters handled, 0 left,"
        " 250 locked by another receiver, such as the running service\n"
    )


def test_what_is_left_is_reported_in_its_handlers_context(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    """There a formatter finds the value that the handler put into a ContextVar."""
    about: ContextVar[str] = ContextVar("about", default="nothing")
    said: list[str] = []

    def note(_: Any) -> bool:
        said.append(about.get())
        return True

    def handle(message: Any) -> None:
        about.set(message.message_id)
        raise OSError("still down")

    caplog.handler.addFilter(note)
    bus.put("one", "two")
    redriven(bus, handle)
    caplog.handler.removeFilter(note)
    assert said == ["one", "two"]


def test_what_is_left_for_an_error_without_words_is_reported_by_its_name(
    bus: FakeReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(message: Any) -> None:
        raise TimeoutError

    bus.put("one")
    assert redriven(bus, fail) == (0, 1)
    assert [each.getMessage() for each in caplog.records] == ["Left: TimeoutError"]
