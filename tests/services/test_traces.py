"""Telemetry and the consumer together: one trace for a message, its log and its settlement."""

import logging
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from services.common import telemetry
from services.common.consumer import Consumer, Permanent, RetryPolicy
from services.common.telemetry import Telemetry

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture(autouse=True)
def traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A provider of this test's own, and log records that name their trace."""
    monkeypatch.setattr(trace, "get_tracer", TracerProvider().get_tracer)
    before = logging.getLogRecordFactory()
    telemetry._name_traces_in_logs()
    yield
    logging.setLogRecordFactory(before)


def message() -> Any:
    return SimpleNamespace(
        application_properties={b"traceparent": TRACEPARENT.encode()},
        message_id="1",
        sequence_number=1,
        settled=False,
    )


def test_what_the_consumer_says_and_does_with_a_message_belongs_to_its_trace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The handler has come back by then, and the link is another thread's."""
    settled, in_trace, waiting = threading.Event(), [], [message()]

    class Receiver:
        def receive_messages(self, **_: object) -> list[Any]:
            threading.Event().wait(0.5)  # less than half of the wait would be a broken link
            return [waiting.pop()] if waiting else []

        def dead_letter_message(self, *_: object) -> None:
            in_trace.append(trace.get_current_span().get_span_context().trace_id)
            settled.set()

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None: ...

    def fail(_: object) -> None:
        raise Permanent("UnreadableImage", "no image")

    follow = Telemetry("thumbnailer", SimpleNamespace()).traced(fail, "photo-uploads")
    consumer = Consumer("uploads", Receiver, follow, RetryPolicy())
    consumer.start()
    assert settled.wait(30)
    consumer.stop()
    assert f"{in_trace[0]:032x}" == TRACE
    (said,) = [each for each in caplog.records if "DEAD_LETTER" in each.getMessage()]
    assert said.trace_id == TRACE  # type: ignore[attr-defined]
