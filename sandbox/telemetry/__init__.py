"""The ingestion of Application Insights: verified tokens, and the right to publish enforced."""

from sandbox.telemetry.decide import SERVICE
from sandbox.telemetry.insights import Insights
from sandbox.telemetry.item import Item
from sandbox.telemetry.store import FILE, Store, StoreError, everything, trace_of

__all__ = [
    "FILE",
    "SERVICE",
    "Insights",
    "Item",
    "Store",
    "StoreError",
    "everything",
    "trace_of",
]
