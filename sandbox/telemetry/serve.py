"""Serve: unpack a body, keep its items, and report those that were not taken.

https://github.com/microsoft/ApplicationInsights-Home (EndpointSpecs/ENDPOINT-PROTOCOL.md)
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.deployment import Component
from sandbox.entra import Caller
from sandbox.telemetry.errors import ItemError, ItemRefused, plain
from sandbox.telemetry.item import Item, read
from sandbox.telemetry.store import Store

# The most bytes of an unpacked body; exporters send some hundred kilobytes at most.
LARGEST = 16 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Receipt:
    """The number of items received, and the errors of those that were not taken."""

    received: int
    errors: tuple[ItemError, ...]

    @property
    def status(self) -> int:
        """Return 200 if all were taken, 206 if some were, 400 if none."""
        if not self.errors and self.received:
            return 200
        return 206 if len(self.errors) < self.received else 400

    def body(self) -> Mapping[str, Any]:
        """Return the answer as JSON."""
        errors = [
            {"index": each.index, "statusCode": each.status, "message": each.message}
            for each in self.errors
        ]
        accepted = self.received - len(self.errors)
        return {"itemsReceived": self.received, "itemsAccepted": accepted, "errors": errors}


def serve(store: Store, component: Component, caller: Caller, envelopes: Iterable[Any]) -> Receipt:
    """Keep the items in `envelopes`. Raises sqlite3.Error, and has then kept none."""
    items: list[Item] = []
    errors: list[ItemError] = []
    for index, envelope in enumerate(envelopes):
        try:
            items.append(read(envelope, component.instrumentation_key, caller))
        except ItemRefused as refused:
            errors.append(ItemError(index, 400, str(refused)))
    store.add(items)
    return Receipt(len(items) + len(errors), tuple(errors))


def envelopes(content: bytes, encoding: str) -> list[Any]:
    """Return the envelopes of a body: a JSON array, or one a line, perhaps compressed.

    Raises Refusal 400, 413 or 415.
    """
    text = _unpacked(content, encoding.strip().lower())
    try:
        if text.lstrip().startswith(b"["):
            return list(json.loads(text))
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise plain(400, "the body is no JSON") from None


def _unpacked(content: bytes, encoding: str) -> bytes:
    if encoding in {"", "identity"}:
        return content
    if encoding != "gzip":
        raise plain(415, "the content encoding is not gzip")
    unpacking = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacking.decompress(content, LARGEST)
    except zlib.error:
        raise plain(400, "the body is no gzip") from None
    if unpacking.unconsumed_tail:
        raise plain(413, "the body is too large once unpacked")
    if not unpacking.eof:
        raise plain(400, "the body is not whole")
    return unpacked
