"""The changes of a deployment as lines, from the answer of a running sandbox."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from sandbox.deployment.changes import Change, changes

_STYLES = {
    "granted": "green",
    "widened": "yellow",
    "narrowed": "cyan",
    "revoked": "red",
    "made": "green",
    "gone": "red",
}

# The lists in an answer.
CHANGES = ("roles", "resources", "restarted", "links")

Json = Mapping[str, Any]


def lines(applied: Json) -> Iterator[Text]:
    """Yield a line for each change that `apply` has made."""
    yield from map(_line, changes(applied))
    if not any(applied[each] for each in CHANGES):
        yield Text("Nothing changes: this deployment is in force already.")


def _line(change: Change) -> Text:
    reason = (f"  ({change.why})", "dim") if change.why else ""
    style = _STYLES.get(change.kind, "bold")
    return Text.assemble((f"{change.kind:<9}", style), " ", change.sentence, reason)
