"""The ingestion of Application Insights: verified tokens, and the right to publish enforced."""

from sandbox.telemetry.item import Item
from sandbox.telemetry.plane import SERVICE, Insights
from sandbox.telemetry.spans import Span, spans
from sandbox.telemetry.store import FILE, Store, StoreError, everything, trace_of

__all__ = [
    "FILE",
    "SERVICE",
    "Insights",
    "Item",
    "Span",
    "Store",
    "StoreError",
    "everything",
    "spans",
    "trace_of",
]
