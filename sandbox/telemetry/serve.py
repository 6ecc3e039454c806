"""Step 4 of the walk: keep what was sent, item by item, and say which items were not taken.

https://github.com/microsoft/ApplicationInsights-Home (EndpointSpecs/ENDPOINT-PROTOCOL.md)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.deployment import Component
from sandbox.entra import Caller
from sandbox.telemetry.item import Item, read
from sandbox.telemetry.refusal import ItemError, ItemRefused
from sandbox.telemetry.store import Store


@dataclass(frozen=True)
class Answer:
    """How many items came, and what was wrong with those that were not taken."""

    received: int
    errors: tuple[ItemError, ...]

    @property
    def status(self) -> int:
        """200 if all were taken, 206 if some were, 400 if none."""
        if not self.errors and self.received:
            return 200
        return 206 if len(self.errors) < self.received else 400

    def body(self) -> Mapping[str, Any]:
        """The answer as JSON."""
        errors = [
            {"index": each.index, "statusCode": each.status, "message": each.message}
            for each in self.errors
        ]
        accepted = self.received - len(self.errors)
        return {"itemsReceived": self.received, "itemsAccepted": accepted, "errors": errors}


def serve(store: Store, component: Component, caller: Caller, envelopes: Iterable[Any]) -> Answer:
    """Keep the items in `envelopes`. Raises sqlite3.Error, and has then kept none."""
    items: list[Item] = []
    errors: list[ItemError] = []
    for index, envelope in enumerate(envelopes):
        try:
            items.append(read(envelope, component.instrumentation_key, caller))
        except ItemRefused as refused:
            errors.append(ItemError(index, 400, str(refused)))
    store.add(items)
    return Answer(len(items) + len(errors), tuple(errors))
