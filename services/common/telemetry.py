"""Telemetry: one trace from a request through all messages that it leads to, on Azure Monitor.

Nothing is imported, opened or sent unless the environment holds a connection string, and then only
after the fork: a thread does not survive one. A trace goes on in the next service because the SDKs
write a W3C traceparent into requests and messages, and because handlers are run within it here.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from azure.core.credentials import TokenCredential
from azure.servicebus import ServiceBusReceivedMessage
from flask import Flask
from opentelemetry import context, propagate, trace

log = logging.getLogger(__name__)

Facts = Callable[[], Mapping[str, object]]
Handler = Callable[[ServiceBusReceivedMessage], object]

CONNECTION_STRING = "APPLICATIONINSIGHTS_CONNECTION_STRING"
# What the distribution takes from the environment alone; who wants it otherwise sets the variable.
DEFAULTS = {
    "OTEL_LOGS_EXPORTER": "none",  # logs go to stdout, once
    "OTEL_METRICS_EXPORTER": "none",  # the platform counts requests, messages and restarts already
    # A trace is kept whole or not at all: each service decides the same by its id. The default
    # keeps five spans a second in each process, so that a busy hour leaves traces with holes.
    "OTEL_TRACES_SAMPLER": "microsoft.fixed_percentage",
    "OTEL_TRACES_SAMPLER_ARG": "1.0",
    # Three ways to hosts that are not ours: what Microsoft counts, and what it may switch remotely.
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED": "true",
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",  # others ask 169.254.169.254 for the machine
}
# The Azure SDKs and requests make spans, and the app that is watched; nothing else.
LEFT_OUT = ("django", "fastapi", "flask", "httpx", "httpx2", "psycopg2", "urllib", "urllib3")
PROBES = "/healthz$,/readyz$"
LAST_WORDS = 5.0  # seconds at the end for what has not been sent
AGAIN = 3600.0  # seconds until the same trouble is worth another line of log


class Telemetry:
    """Traces of one service, sent under its own identity."""

    def __init__(self, service: str, credential: TokenCredential, facts: Facts = dict) -> None:
        """`facts` gives what is known of the request or message at hand, for its span."""
        self._service = service
        self._credential = credential
        self._facts = facts
        self._app: Flask | None = None

    def watching(self, app: Flask) -> "Telemetry":
        """Return this telemetry; it will make a span of each request to `app` but the probes."""
        self._app = app
        return self

    def follow(self, handle: Handler, source: str) -> Handler:
        """Return `handle`, run within the trace of its message, which came from `source`."""

        def handle_in_trace(message: ServiceBusReceivedMessage) -> object:
            tracer = trace.get_tracer(__name__)
            span = tracer.start_span(
                f"process {source}",
                propagate.extract(_as_text(message.application_properties)),
                trace.SpanKind.CONSUMER,
                {"messaging.system": "servicebus", "messaging.destination": source},
            )
            # Not taken back: it is the message's own context, and what is said of the message
            # later, and its settlement, belong to its trace.
            context.attach(trace.set_span_in_context(span))
            with trace.use_span(span, end_on_exit=True):
                try:
                    return handle(message)
                finally:
                    self._tell(span)

        return handle_in_trace

    def start(self) -> None:
        """Set telemetry up, if there is a connection string. Trouble with it is logged, no more."""
        if not os.environ.get(CONNECTION_STRING):
            return
        try:
            self._set_up()
        except ValueError as error:
            log.warning("There will be no telemetry: %s", error)

    def stop(self) -> None:
        """Send what has not been sent, but not for long."""
        shutdown = getattr(trace.get_tracer_provider(), "shutdown", None)
        if shutdown is not None:
            ending = threading.Thread(target=shutdown, name="telemetry-ends", daemon=True)
            ending.start()
            ending.join(LAST_WORDS)

    def _set_up(self) -> None:
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        # Later than the rest: a third of all that a service imports, for those who send.
        from azure.monitor.opentelemetry import configure_azure_monitor  # noqa: PLC0415
        from opentelemetry.instrumentation.flask import FlaskInstrumentor  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

        _say_trouble_once()
        configure_azure_monitor(
            credential=self._credential,
            resource=Resource.create({"service.name": self._service}),
            instrumentation_options={name: {"enabled": False} for name in LEFT_OUT},
            span_processors=[_without_idle_receives()],
            enable_live_metrics=False,
            enable_performance_counters=False,
            disable_offline_storage=True,  # telemetry is not worth a disk
            retry_total=1,
        )
        if self._app is not None:
            FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]
                self._app,
                excluded_urls=PROBES,
                response_hook=lambda span, status, headers: self._tell(span),
            )
        _name_traces_in_logs()

    def _tell(self, span: trace.Span) -> None:
        for name, value in self._facts().items():
            span.set_attribute(name, str(value))


def _as_text(properties: Mapping[str | bytes, Any] | None) -> dict[str, str]:
    """What a message carries of its trace: the SDK gives names and values as bytes."""
    found = {}
    for name, value in (properties or {}).items():
        key = name.decode(errors="replace") if isinstance(name, bytes) else name
        if key in {"traceparent", "tracestate"}:
            found[key] = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return found


def _without_idle_receives() -> Any:
    """Return a span processor that drops what no trace needs: each wait for a message is a span.

    By the recipe of https://learn.microsoft.com/azure/azure-monitor/app/opentelemetry-filter
    """
    from opentelemetry.sdk.trace import Span, SpanProcessor  # noqa: PLC0415

    class WithoutIdleReceives(SpanProcessor):
        def on_start(self, span: Span, parent_context: context.Context | None = None) -> None:
            if span.name == "ServiceBus.receive" and span.parent is None:
                known = span.get_span_context()
                span._context = trace.SpanContext(known.trace_id, known.span_id, False)

    return WithoutIdleReceives()


def _name_traces_in_logs() -> None:
    """Put trace_id and span_id on each record of a log that is made within a span."""
    make = logging.getLogRecordFactory()

    def make_with_trace(*args: Any, **options: Any) -> logging.LogRecord:
        record, span = make(*args, **options), trace.get_current_span().get_span_context()
        if span.is_valid:
            record.trace_id = trace.format_trace_id(span.trace_id)
            record.span_id = trace.format_span_id(span.span_id)
        return record

    logging.setLogRecordFactory(make_with_trace)


def _say_trouble_once() -> None:
    """Let the exporter say each of its troubles once an hour, instead of every five seconds."""
    said: dict[str, float] = {}

    def is_news(record: logging.LogRecord) -> bool:
        last, now = said.get(record.msg), time.monotonic()
        if last is not None and now - last < AGAIN:
            return False
        said[record.msg] = now
        return True

    logging.getLogger("azure.monitor.opentelemetry.exporter.export._base").addFilter(is_news)
