"""`keyless trace --summary`: the tokens and decisions, counted by identity, action and scope."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from cli.outcomes import MARKS, caller
from sandbox.audit import KEYED, Outcome, Record
from sandbox.deployment.short_names import short_action
from sandbox.printable import printable

_TOKEN = "token"  # noqa: S105 - the name of a row
_FAULT = re.compile(r"a fault: ([a-z0-9-]+):")
_ASSIGNMENT = re.compile(r"/providers/Microsoft\.Authorization/roleAssignments/.*", re.IGNORECASE)


class _Kind(NamedTuple):
    outcome: Outcome
    identity: str
    keyed: bool
    service: str
    operation: str
    action: str
    scope: str
    resource: str
    why: str
    fault: str


@dataclass(frozen=True, order=True)
class Row:
    """One kind of record: `action` is a token, an action, or the operation of a plane.

    `identity` is in parentheses where a request proved none. `scope` is a resource id, the
    resource of a token, or empty; an assignment has that of the resource which it is on. `fault`
    is the name of the fault that the request met, or empty.
    """

    identity: str
    action: str
    scope: str
    fault: str = ""


@dataclass(frozen=True)
class Summary:
    """The counts of each outcome, by row. `cached` counts tokens that were handed out again."""

    counts: Mapping[Row, Counter[Outcome]]
    cached: Counter[Row]

    @property
    def totals(self) -> Counter[Outcome]:
        return sum(self.counts.values(), Counter[Outcome]())


def summarize(records: Iterable[Record], since: str = "") -> Summary:
    """Return the counts of the records from `since` on, a time as the audit writes it."""
    alike = Counter(_kind(each) for each in records if each.time >= since)
    counts, cached = defaultdict[Row, Counter[Outcome]](Counter), Counter[Row]()
    for kind, times in alike.items():
        row, outcome = _row(kind), kind.outcome
        counts[row][outcome] += times
        if outcome is Outcome.ISSUED and kind.why:
            cached[row] += times
    return Summary(counts, cached)


def since(span: float, now: datetime | None = None) -> str:
    """Return the time `span` seconds ago, as the audit writes it."""
    begun = (now or datetime.now(UTC)) - timedelta(seconds=span)
    return begun.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_json(summary: Summary, begun: str, unreadable: int) -> Mapping[str, object]:
    """Return the summary for a script; `begun` is empty for the whole audit."""
    return {
        "since": begun or None,
        "records": summary.totals.total(),
        "unreadable": unreadable,
        **_counted(summary.totals, summary.cached.total()),
        "rows": [
            {
                "identity": row.identity,
                "action": row.action,
                "scope": row.scope,
                "fault": row.fault,
                **_counted(summary.counts[row], summary.cached[row]),
            }
            for row in sorted(summary.counts)
        ],
    }


def table(summary: Summary) -> Table:
    """Return the summary as a table, with a line for each row and outcome."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("  identity", "action", "on"):
        found.add_column(heading, header_style="dim", overflow="fold")
    for heading in ("times", "from cache"):
        found.add_column(heading, header_style="dim", justify="right", no_wrap=True)
    for row in sorted(summary.counts):
        for outcome in filter(summary.counts[row].get, Outcome):
            found.add_row(*_cells(row, outcome, summary))
    return found


def totals(summary: Summary) -> str:
    """Return a sentence with the sum of each outcome."""
    sums, cached = summary.totals, summary.cached.total()
    return (
        f"{sums[Outcome.ISSUED]} tokens issued, {cached} of them from the cache;"
        f" {sums[Outcome.ALLOWED]} requests allowed, {sums[Outcome.DENIED]} denied,"
        f" {sums[Outcome.REFUSED]} refused."
    )


def _kind(record: Record) -> _Kind:
    """Return the few fields by which records differ here: most of a long audit is alike."""
    return _Kind(
        record.outcome,
        record.identity,
        record.role == KEYED,
        record.service,
        record.operation,
        record.action,
        record.scope,
        record.resource,
        record.why if record.outcome is Outcome.ISSUED else "",
        fault[1] if (fault := _FAULT.match(record.reason)) else "",
    )


def _row(kind: _Kind) -> Row:
    identity = caller(kind.identity, keyed=kind.keyed)
    if kind.outcome is Outcome.ISSUED:
        return Row(identity, _TOKEN, kind.resource)
    action = kind.action or f"{kind.service} {kind.operation}"
    return Row(identity, action, _ASSIGNMENT.sub("", kind.scope), kind.fault)


def _counted(counts: Mapping[Outcome, int], cached: int) -> dict[str, int]:
    return {each.value: counts.get(each, 0) for each in Outcome} | {"cached": cached}


def _cells(row: Row, outcome: Outcome, summary: Summary) -> Iterator[Text]:
    mark, style = MARKS[outcome]
    yield Text.assemble((f"{mark} ", style), (row.identity, "bold"))
    fault = f": a fault: {row.fault}" if row.fault else ""
    yield Text(printable(short_action(row.action)).removesuffix("/action") + fault)
    yield Text(printable(_leaf(row.scope)))
    yield Text(str(summary.counts[row][outcome]))
    yield Text(str((outcome is Outcome.ISSUED and summary.cached[row]) or ""))


def _leaf(scope: str) -> str:
    """Return the last name of a resource id, or the host of a token's resource."""
    return scope.rstrip("/").rsplit("/", 1)[-1]
