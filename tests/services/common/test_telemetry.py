"""Telemetry: a handler runs within the trace of its message, and known facts are on its span."""

import logging
from contextvars import copy_context
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.common import telemetry
from services.common.telemetry import Telemetry

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """The ended spans of this test's own provider."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(telemetry._idle_receives_dropped())
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return kept


def message(properties: Any = None) -> Any:
    return SimpleNamespace(
        application_properties=properties, message_id="1", sequence_number=1, settled=False
    )


def handled(handle: Any, of: Any, facts: Any = dict) -> None:
    follow = Telemetry("thumbnailer", SimpleNamespace(), facts).traced(handle, "photo-uploads")
    copy_context().run(follow, of)


def only(spans: InMemorySpanExporter) -> ReadableSpan:
    (span,) = spans.get_finished_spans()
    return span


@pytest.mark.parametrize(
    "properties",
    [{b"traceparent": TRACEPARENT.encode()}, {"traceparent": TRACEPARENT, b"Diagnostic-Id": b"x"}],
)
def test_a_handler_runs_within_the_trace_of_its_message(
    spans: InMemorySpanExporter, properties: Any
) -> None:
    seen = []
    handled(lambda _: seen.append(trace.get_current_span().get_span_context()), message(properties))
    span = only(spans)
    assert span.parent is not None
    assert span.context is not None
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, PARENT)
    assert seen == [span.context]
    assert (span.name, span.kind) == ("process photo-uploads", trace.SpanKind.CONSUMER)


@pytest.mark.parametrize("properties", [None, {}, {b"traceparent": b"\xff"}, {b"\xff": 1}])
def test_a_message_without_a_trace_begins_one(spans: InMemorySpanExporter, properties: Any) -> None:
    handled(lambda _: None, message(properties))
    assert only(spans).parent is None


def test_what_is_known_of_the_message_is_on_its_span(spans: InMemorySpanExporter) -> None:
    handled(lambda _: None, message(), lambda: {"photo": "6f1d"})
    assert (only(spans).attributes or {})["photo"] == "6f1d"


def test_a_failure_is_on_the_span_and_reaches_the_consumer(spans: InMemorySpanExporter) -> None:
    def fail(_: object) -> None:
        raise LookupError("no image")

    with pytest.raises(LookupError):
        handled(fail, message(), lambda: {"photo": "6f1d"})
    span = only(spans)
    assert not span.status.is_ok
    assert (span.attributes or {})["photo"] == "6f1d"
    assert span.events[0].name == "exception"


def test_each_wait_for_a_message_is_left_out_and_nothing_else(spans: InMemorySpanExporter) -> None:
    tracer = trace.get_tracer("azure")
    for name in ("ServiceBus.receive", "BlobClient.get_blob_tags"):
        tracer.start_span(name).end()
    with tracer.start_as_current_span("process"):
        tracer.start_span("ServiceBus.receive").end()
    names = [each.name for each in spans.get_finished_spans()]
    assert names == ["BlobClient.get_blob_tags", "ServiceBus.receive", "process"]


def test_the_same_trouble_is_said_once_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "azure.monitor.opentelemetry.exporter.export._base"
    logger, clock, passed = logging.getLogger(name), [0.0], []
    monkeypatch.setattr(logger, "filters", [])
    monkeypatch.setattr(f"{telemetry.__name__}.time.monotonic", lambda: clock[0])
    telemetry._log_exporter_warnings_once()
    for minute in range(130):
        clock[0] = minute * 60.0
        record = logging.makeLogRecord({"name": name, "msg": "no role: %s", "args": (minute,)})
        passed += [minute] if logger.filter(record) else []
    assert passed == [0, 60, 120]
    assert logger.filter(logging.makeLogRecord({"name": name, "msg": "no proxy: %s"}))
