"""`keyless trace --summary`: the tokens and decisions, counted by identity, action and scope."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rich.table import Table
from rich.text import Text

from cli.short_names import short_action, short_scope
from sandbox.audit import KEYED, Outcome, Record
from sandbox.printable import printable

_TOKEN = "token"  # noqa: S105 - the name of a row
_STYLES = {Outcome.DENIED: "bold red", Outcome.REFUSED: "yellow"}


@dataclass(frozen=True, order=True)
class Row:
    """One kind of record: `action` is a token, an action, or the operation of a plane.

    `identity` is empty where a request proved none. `scope` is a resource id, the resource of
    a token, or empty.
    """

    identity: str
    action: str
    scope: str


@dataclass
class Summary:
    """The counts of each outcome, by row. `cached` counts tokens that were handed out again."""

    counts: dict[Row, Counter[Outcome]] = field(default_factory=dict)
    cached: Counter[Row] = field(default_factory=Counter)
    records: int = 0

    @property
    def totals(self) -> Counter[Outcome]:
        return sum(self.counts.values(), Counter[Outcome]())

    def add(self, record: Record) -> None:
        """Count one record."""
        row = _row(record)
        self.counts.setdefault(row, Counter())[record.outcome] += 1
        self.cached[row] += record.outcome is Outcome.ISSUED and bool(record.why)
        self.records += 1


def summarize(records: Iterable[Record], since: str = "") -> Summary:
    """Return the counts of the records from `since` on, a time as the audit writes it."""
    summary = Summary()
    for each in records:
        if each.time >= since:
            summary.add(each)
    return summary


def since(span: float, now: datetime | None = None) -> str:
    """Return the time `span` seconds ago, as the audit writes it."""
    begun = (now or datetime.now(UTC)) - timedelta(seconds=span)
    return begun.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_json(summary: Summary, begun: str, unreadable: int) -> Mapping[str, object]:
    """Return the summary for a script; `begun` is empty for the whole audit."""
    return {
        "since": begun or None,
        "records": summary.records,
        "unreadable": unreadable,
        **_counted(summary.totals, summary.cached.total()),
        "rows": [
            {
                "identity": row.identity,
                "action": row.action,
                "scope": row.scope,
                **_counted(summary.counts[row], summary.cached[row]),
            }
            for row in sorted(summary.counts)
        ],
    }


def table(summary: Summary) -> Table:
    """Return the summary as a table with a line for each row, and one for all."""
    found = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_footer=True)
    totals = summary.totals
    for heading, footer in (("identity", "all"), ("action", ""), ("on", "")):
        found.add_column(heading, footer, header_style="dim", overflow="fold")
    for outcome in Outcome:
        footer = str(totals[outcome])
        found.add_column(outcome.value, footer, header_style="dim", justify="right")
    found.add_column("from cache", str(summary.cached.total()), header_style="dim", justify="right")
    for row in sorted(summary.counts):
        found.add_row(*_cells(row, summary.counts[row], summary.cached[row]))
    return found


def _row(record: Record) -> Row:
    if record.outcome is Outcome.ISSUED:
        return Row(record.identity, _TOKEN, record.resource)
    identity = f"({KEYED})" if record.role == KEYED else record.identity
    action = record.action or f"{record.service} {record.operation}"
    return Row(identity, action, record.scope)


def _counted(counts: Mapping[Outcome, int], cached: int) -> dict[str, int]:
    return {each.value: counts.get(each, 0) for each in Outcome} | {"cached": cached}


def _cells(row: Row, counts: Counter[Outcome], cached: int) -> Iterator[Text]:
    yield Text(printable(row.identity) or "(unknown)", "bold")
    yield Text(printable(short_action(row.action)).removesuffix("/action"))
    yield Text(printable(short_scope(row.scope)))
    for outcome in Outcome:
        yield Text(str(counts[outcome] or ""), _STYLES.get(outcome, ""))
    yield Text(str(cached or ""))
