"""The simple worker, against a receiver that a test can drive."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from services.common import simple_worker


@dataclass(frozen=True)
class Message:
    message_id: str


@dataclass
class FakeReceiver:
    """A queue that hands out its messages, and then stops the worker."""

    waiting: list[str]
    stopping: threading.Event = field(default_factory=threading.Event)
    settled: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    opened: int = 0

    @contextmanager
    def open(self) -> Iterator[Any]:
        self.opened += 1
        yield self

    def receive_messages(self, max_message_count: int, max_wait_time: float) -> list[Message]:
        if self.faults:
            raise self.faults.pop()
        if not self.waiting:
            self.stopping.set()
            return []
        return [Message(self.waiting.pop(0))]

    def complete_message(self, message: Message) -> None:
        self.settled.append(("complete", message.message_id))

    def abandon_message(self, message: Message) -> None:
        self.settled.append(("abandon", message.message_id))


def test_a_handled_message_is_completed_and_a_failed_one_given_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def handle(message: Any) -> None:
        if message.message_id == "bad":
            raise KeyError("x")

    queue = FakeReceiver(["good", "bad", "next"])
    simple_worker.run(queue.open, handle, queue.stopping)
    assert queue.settled == [("complete", "good"), ("abandon", "bad"), ("complete", "next")]
    (record,) = caplog.records
    assert record.getMessage() == "Message bad failed and is given back"
    assert record.exc_info


def test_a_lost_link_is_reopened(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = FakeReceiver(["one"], faults=[OSError("detached")])
    pauses: list[float | None] = []
    monkeypatch.setattr(queue.stopping, "wait", pauses.append)
    simple_worker.run(queue.open, lambda message: None, queue.stopping)
    assert (queue.opened, queue.settled, pauses) == (2, [("complete", "one")], [5])


def test_a_worker_that_is_stopped_receives_nothing() -> None:
    queue = FakeReceiver(["one"])
    queue.stopping.set()
    simple_worker.run(queue.open, lambda message: None, queue.stopping)
    assert queue.waiting == ["one"]
