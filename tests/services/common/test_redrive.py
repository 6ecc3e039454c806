"""Redrive: each dead letter once, and an exit status that says whether any is left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from azure.servicebus.exceptions import MessageLockLostError

from services.common import logs
from services.common.consumer import Permanent
from services.common.redrive import redrive, run
from tests.services.common.test_consumer import FakeReceiver, Message


@pytest.fixture
def bus() -> FakeReceiver:
    return FakeReceiver()


def redriven(bus: FakeReceiver, handle: Callable[[Any], object]) -> tuple[int, int]:
    with bus.open() as receiver:
        return redrive(receiver, handle)


@pytest.fixture
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    receive = FakeReceiver.receive_messages
    monkeypatch.setattr(
        FakeReceiver, "receive_messages", lambda self, **options: receive(self, 1, 0.01)
    )


@pytest.mark.usefixtures("no_wait")
def test_redrive_completes_what_succeeds_and_leaves_what_fails(bus: FakeReceiver) -> None:
    def fail_b(message: Any) -> None:
        if message.message_id == "b":
            raise Permanent("Still", "Still not.")

    bus.put("a", "b", "c")
    assert redriven(bus, fail_b) == (2, 1)
    assert bus.settled == [("complete", "a"), ("complete", "c"), ("abandon", "b")]


@pytest.mark.usefixtures("no_wait")
def test_redrive_handles_a_message_that_comes_again_only_once(bus: FakeReceiver) -> None:
    handled: list[str] = []

    def fail(message: Any) -> None:
        handled.append(message.message_id)
        raise OSError("still down")

    bus.put("same")
    bus.put("same")
    assert redriven(bus, fail) == (0, 1)
    assert handled == ["same"]


@pytest.mark.usefixtures("no_wait")
def test_redrive_goes_on_when_a_lock_was_lost(bus: FakeReceiver) -> None:
    bus.faults["settle"] = [MessageLockLostError(), MessageLockLostError()]
    bus.put("lost")
    assert redriven(bus, lambda message: None) == (0, 1)


@pytest.mark.usefixtures("no_wait")
@pytest.mark.parametrize(("names", "status"), [(["good"], 0), (["good", "bad"], 1), ([], 0)])
def test_the_exit_status_says_whether_dead_letters_are_left(
    bus: FakeReceiver, capsys: pytest.CaptureFixture[str], names: list[str], status: int
) -> None:
    def handle(message: Any) -> None:
        if message.message_id == "bad":
            raise OSError("still down")

    @contextmanager
    def opened() -> Iterator[Any]:
        with bus.open() as receiver:
            yield receiver, handle

    bus.put(*names)
    with pytest.raises(SystemExit) as ended:
        run("catalog", opened())
    assert ended.value.code == status
    handled = len(names) - status
    assert capsys.readouterr().out == f"catalog: {handled} dead letters handled, {status} left\n"
    assert bus.closed == 1


@pytest.mark.usefixtures("no_wait")
def test_what_another_receiver_has_locked_is_told(
    bus: FakeReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def opened() -> Iterator[Any]:
        with bus.open() as receiver:
            yield receiver, lambda message: None

    bus.put("free")
    bus.locked += [Message("locked", number) for number in range(1, 251)]
    with pytest.raises(SystemExit) as ended:
        run("thumbnailer", opened())
    assert ended.value.code == 1
    assert capsys.readouterr().out == (
        "thumbnailer: 1 dead letters handled, 0 left,"
        " 250 locked by another receiver, such as the running service\n"
    )


@pytest.mark.usefixtures("no_wait")
def test_what_is_left_is_named_as_its_handler_knows_it(
    bus: FakeReceiver, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    def handle(message: Any) -> None:
        logs.know(photo="6f1d")
        raise OSError("still down")

    bus.put("one")
    redriven(bus, handle)
    assert [line["photo"] for line in lines()] == ["6f1d"]


@pytest.mark.usefixtures("no_wait")
def test_what_is_left_for_an_error_without_words_is_told_by_its_name(
    bus: FakeReceiver, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    def fail(message: Any) -> None:
        raise TimeoutError

    bus.put("one")
    assert redriven(bus, fail) == (0, 1)
    assert [each["message"] for each in lines()] == ["Left: TimeoutError"]
