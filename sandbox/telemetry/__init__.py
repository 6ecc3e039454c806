"""The ingestion of Application Insights: verified tokens, and the right to publish enforced.

The plane itself is in `plane`: commands that only read what it stored do not import its server.
"""

from sandbox.telemetry.item import Item
from sandbox.telemetry.spans import Span, spans
from sandbox.telemetry.store import FILE, SERVICE, Store, StoreError, everything, trace_of

__all__ = [
    "FILE",
    "SERVICE",
    "Item",
    "Span",
    "Store",
    "StoreError",
    "everything",
    "spans",
    "trace_of",
]
