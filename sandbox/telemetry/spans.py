"""The items of one trace as trees."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.telemetry.item import Item


@dataclass(frozen=True)
class Span:
    """An item of a trace, with its children."""

    item: Item
    within: tuple["Span", ...]

    @property
    def only_call(self) -> "Span | None":
        """The only HTTP request of an SDK's method, for both to stand on one line."""
        if self.item.table == "AppDependencies" and len(self.within) == 1:
            (only,) = self.within
            if only.item.role == self.item.role and only.item.table == "AppDependencies":
                return only
        return None


def spans(items: Sequence[Item]) -> tuple[Span, ...]:
    """Return the items of one trace as trees; an item without its parent is a root."""
    known = {each.id for each in items if each.id}
    roots = [each for each in items if each.parent not in known]
    return tuple(_span(each, items, frozenset()) for each in roots)


def _span(item: Item, items: Sequence[Item], around: frozenset[str]) -> Span:
    """Return an item with its children, but no item within itself: telemetry may claim that."""
    if not item.id or item.id in around:
        return Span(item, ())
    # Subscribers of one message are sorted by name, not by time.
    inside = [each for each in items if each.parent == item.id]
    inside.sort(key=lambda each: ("" if each.role == item.role else each.role, each.time))
    return Span(item, tuple(_span(each, items, around | {item.id}) for each in inside))
