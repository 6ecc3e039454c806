"""`keyless trace`: the audit, or the trace of one photo through the services."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cli.options import StateOption, open_state
from cli.outcomes import MARKS, caller_of
from cli.photo_trace import show
from cli.rights import GRANTED
from cli.terminal import USAGE, err, fail, out, print_json
from cli.trace_summary import as_json, since, summarize, totals
from cli.trace_summary import table as summary_table
from sandbox.audit import FILE, Outcome, Record, follow, read
from sandbox.deployment import load
from sandbox.deployment.short_names import api_names, short_action, short_role, short_scope
from sandbox.durations import DurationError, parse_duration
from sandbox.printable import printable
from sandbox.state import State
from sandbox.telemetry import SERVICE as TELEMETRY

# Seconds: a year.
_LONGEST_SPAN = 365 * 24 * 60 * 60


def trace(
    *,
    state: StateOption = None,
    follow_: Annotated[
        bool, typer.Option("--follow", "-f", help="Print new records as they come.")
    ] = False,
    about: Annotated[
        str,
        typer.Option(
            "--about",
            "--photo",
            metavar="ID",
            help="Show the trace of one photo, or of another id that the services log.",
        ),
    ] = "",
    summary: Annotated[
        bool,
        typer.Option(
            "--summary", help="Count tokens and decisions by identity, action and resource."
        ),
    ] = False,
    span: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="DURATION", help="With --summary: count the last 10m, for example."
        ),
    ] = None,
    json_: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON object a line; with --summary, one in all."),
    ] = False,
) -> None:
    """Print the audit: every token and every decision, and the role behind it."""
    opened = open_state(state)
    if summary:
        if follow_ or about:
            fail("--summary counts what has happened: leave out --follow and --about.", USAGE)
        _summarize(opened, span, json=json_)
        return
    if span is not None:
        fail("--since needs --summary.", USAGE)
    if about:
        show(opened, about, as_json=json_)
        return
    path, unreadable = opened.path(FILE), list[bytes]()
    records = follow(path, lambda: True) if follow_ else read(path, unreadable.append)
    if json_:
        for record in records:
            present = {name: value for name, value in asdict(record).items() if value}
            print_json(present, indent=None)
    else:
        apis = _apis(opened)
        for record in without_repeats(records):
            out.print(line(record.naming(apis)))
    _report_unreadable(path, len(unreadable))


def _summarize(state: State, span: str | None, *, json: bool) -> None:
    try:
        begun = "" if span is None else since(parse_duration(span, most=_LONGEST_SPAN))
    except DurationError as error:
        fail(f"--since: {error}", USAGE)
    path, unreadable = state.path(FILE), list[bytes]()
    apis: dict[str, str] = {} if json else _apis(state)
    summary = summarize((each.naming(apis) for each in read(path, unreadable.append)), begun)
    if json:
        print_json(as_json(summary, begun, len(unreadable)))
        return
    out.print(summary_table(summary))
    out.print(totals(summary))
    _report_unreadable(path, len(unreadable))


def _apis(state: State) -> dict[str, str]:
    """Return the names of the deployment's APIs, by their ids; none if it cannot be read."""
    try:
        return api_names(load(state))
    except (KeyError, ValueError, OSError):
        return {}


def _report_unreadable(path: Path, lines: int) -> None:
    if lines:
        err.print(f"skipped {lines} unreadable lines of {path}")


def without_repeats(records: Iterable[Record]) -> Iterator[Record]:
    """Yield all records but repeated telemetry under the same token, which never stops."""
    seen = set[str]()
    for record in records:
        usual = record.service == TELEMETRY and record.outcome is Outcome.ALLOWED
        if not usual or record.token_id not in seen:
            yield record
        if usual:
            seen.add(record.token_id)


def line(record: Record) -> Text:
    """Return one record as a line of text."""
    mark, style = MARKS[record.outcome]
    text = Text()
    text.append(f"{record.time[11:23]}  ", "dim")
    text.append(f"{mark} ", style)
    text.append(f"{caller_of(record):<12}", "bold")
    text.append(f" {request_of(record)}")
    text.append(f"  {reason_of(record)}", style if record.outcome is Outcome.DENIED else "dim")
    return text


def table(records: list[Record], title: str) -> Table:
    """Return records as a table."""
    found = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("  identity", "action", "resource", "role"):
        found.add_column(heading, header_style="dim")
    for record in records:
        mark, style = MARKS[record.outcome]
        who = Text.assemble((f"{mark} ", style), (printable(record.identity), "bold"))
        action = short_action(record.action).removesuffix("/action")
        where = record.scope.rsplit("/", 1)[-1]
        found.add_row(who, Text(action), Text(where), Text(reason_of(record)))
    return found


def request_of(record: Record) -> str:
    """Return the request: an action on a scope, a token, or an operation without either."""
    if record.outcome is Outcome.ISSUED:
        return f"token for {printable(record.resource)}"
    if not record.action:
        return f"{record.service} {printable(record.operation)}"
    return f"{short_action(record.action)} on {short_scope(record.scope)}"


def reason_of(record: Record) -> str:
    """Return the role that allowed it, the roles that would, or the reason of the refusal."""
    match record.outcome:
        case Outcome.ALLOWED:
            return f"{short_role(record.role)}{_by_whose_hand(record)}"
        case Outcome.DENIED:
            would = f"none; {_one_of(record.missing)} would do"
            return f"{would}; {printable(record.reason)}" if record.reason else would
        case Outcome.ISSUED:
            return ", ".join(filter(None, (record.role, record.why)))
        case _:
            return printable(record.reason)


def _by_whose_hand(record: Record) -> str:
    """Return the maker of an assignment that no deployment made; empty for any other."""
    by_hand = record.why.startswith(GRANTED)
    return f", {printable(record.why.partition(':')[0])}" if by_hand else ""


def _one_of(roles: tuple[str, ...]) -> str:
    return " or ".join(map(short_role, roles[:2])) or "no known role"
