"""Telemetry: one trace from a request through all messages that it leads to, in Azure Monitor.

Nothing is imported, opened or sent unless the environment holds a connection string, and then only
after the fork: threads do not survive one. A trace goes on in the next service because the SDKs
write a W3C traceparent into requests and messages, and because `traced` runs handlers within it.
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

_Facts = Callable[[], Mapping[str, object]]
_Handler = Callable[[ServiceBusReceivedMessage], object]

_CONNECTION_STRING = "APPLICATIONINSIGHTS_CONNECTION_STRING"
# The distribution reads these from the environment alone; variables that are set win.
DEFAULTS = {
    "OTEL_LOGS_EXPORTER": "none",  # logs go to stdout, once
    "OTEL_METRICS_EXPORTER": "none",  # the platform counts requests, messages and restarts already
    # A trace is kept whole or not at all: each service decides the same by its id. The default
    # keeps five spans a second in each process, so that a busy hour leaves traces with holes.
    "OTEL_TRACES_SAMPLER": "microsoft.fixed_percentage",
    "OTEL_TRACES_SAMPLER_ARG": "1.0",
    # Three connections to hosts of Microsoft's: usage statistics, and a remote control of the SDK.
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED": "true",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED": "true",
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",  # others ask 169.254.169.254 about the machine
}
# Only the Azure SDKs, requests and the app make spans.
UNWANTED = ("django", "fastapi", "flask", "httpx", "httpx2", "psycopg2", "urllib", "urllib3")
_PROBES = "/healthz$,/readyz$"
_FLUSH_TIMEOUT = 5.0  # seconds at the end for unsent telemetry
_REPEAT_AFTER = 3600.0  # seconds before the exporter logs the same warning again


class Telemetry:
    """Traces of one service, sent under its own identity."""

    def __init__(self, service: str, credential: TokenCredential, facts: _Facts = dict) -> None:
        """`facts` returns attributes for the span of the current request or message."""
        self._service = service
        self._credential = credential
        self._facts = facts
        self._app: Flask | None = None

    def init_app(self, app: Flask) -> None:
        """Make a span of each request to `app` except health probes, once this is started."""
        self._app = app

    def traced(self, handle: _Handler, source: str) -> _Handler:
        """Return `handle` with a span of its own in the trace of its message from `source`."""

        def handle_in_trace(message: ServiceBusReceivedMessage) -> object:
            tracer = trace.get_tracer(__name__)
            span = tracer.start_span(
                f"process {source}",
                propagate.extract(_as_text(message.application_properties)),
                trace.SpanKind.CONSUMER,
                {"messaging.system": "servicebus", "messaging.destination": source},
            )
            # Not detached: this is the message's own context, and later log records about it, and
            # its settlement, belong to its trace.
            context.attach(trace.set_span_in_context(span))
            with trace.use_span(span, end_on_exit=True):
                try:
                    return handle(message)
                finally:
                    self._add_facts(span)

        return handle_in_trace

    def start(self) -> None:
        """Set up telemetry if there is a connection string; log an error instead of raising it."""
        if not os.environ.get(_CONNECTION_STRING):
            return
        try:
            self._set_up()
        except ValueError as error:
            log.warning("Telemetry is off: %s", error)

    def stop(self) -> None:
        """Send the rest, within a few seconds."""
        shutdown = getattr(trace.get_tracer_provider(), "shutdown", None)
        if shutdown is not None:
            ending = threading.Thread(target=shutdown, name="telemetry-shutdown", daemon=True)
            ending.start()
            ending.join(_FLUSH_TIMEOUT)

    def _set_up(self) -> None:
        for name, value in DEFAULTS.items():
            os.environ.setdefault(name, value)
        # Imported late: these are a third of all that a service imports.
        from azure.monitor.opentelemetry import configure_azure_monitor  # noqa: PLC0415
        from opentelemetry.instrumentation.flask import FlaskInstrumentor  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415

        _log_exporter_warnings_once()
        configure_azure_monitor(
            credential=self._credential,
            resource=Resource.create({"service.name": self._service}),
            instrumentation_options={name: {"enabled": False} for name in UNWANTED},
            span_processors=[_idle_receives_dropped()],
            enable_live_metrics=False,
            enable_performance_counters=False,
            disable_offline_storage=True,  # telemetry is not worth a disk
            retry_total=1,
        )
        if self._app is not None:
            FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]
                self._app,
                excluded_urls=_PROBES,
                response_hook=lambda span, status, headers: self._add_facts(span),
            )
        _name_traces_in_logs()

    def _add_facts(self, span: trace.Span) -> None:
        for name, value in self._facts().items():
            span.set_attribute(name, str(value))


def _as_text(properties: Mapping[str | bytes, Any] | None) -> dict[str, str]:
    """Return the trace headers of a message, which the SDK returns as bytes."""
    found = {}
    for name, value in (properties or {}).items():
        key = name.decode(errors="replace") if isinstance(name, bytes) else name
        if key in {"traceparent", "tracestate"}:
            found[key] = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return found


def _name_traces_in_logs() -> None:
    """Put trace_id and span_id on each log record that is made within a span."""
    make = logging.getLogRecordFactory()

    def make_with_trace(*args: Any, **options: Any) -> logging.LogRecord:
        record, span = make(*args, **options), trace.get_current_span().get_span_context()
        if span.is_valid:
            record.trace_id = trace.format_trace_id(span.trace_id)
            record.span_id = trace.format_span_id(span.span_id)
        return record

    logging.setLogRecordFactory(make_with_trace)


# The code below uses private parts of opentelemetry-sdk 1.45.1 and
# azure-monitor-opentelemetry-exporter 1.0.0b58.


def _log_exporter_warnings_once() -> None:
    """Let the exporter log each warning once an hour instead of every five seconds."""
    logged: dict[str, float] = {}

    def is_news(record: logging.LogRecord) -> bool:
        last, now = logged.get(record.msg), time.monotonic()
        if last is not None and now - last < _REPEAT_AFTER:
            return False
        logged[record.msg] = now
        return True

    logging.getLogger("azure.monitor.opentelemetry.exporter.export._base").addFilter(is_news)


def _idle_receives_dropped() -> Any:
    """Return a span processor that drops the span of each receive that waits in vain.

    By the recipe of https://learn.microsoft.com/azure/azure-monitor/app/opentelemetry-filter, which
    sets the private `_context`.
    """
    from opentelemetry.sdk.trace import Span, SpanProcessor  # noqa: PLC0415

    class IdleReceivesDropped(SpanProcessor):
        def on_start(self, span: Span, parent_context: context.Context | None = None) -> None:
            if span.name == "ServiceBus.receive" and span.parent is None:
                kept = span.get_span_context()
                span._context = trace.SpanContext(kept.trace_id, kept.span_id, False)

    return IdleReceivesDropped()
