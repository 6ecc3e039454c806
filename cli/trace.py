"""`keyless trace`: the audit, readable; or the way of one thing through the services."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cli.names import short_action, short_role, short_scope
from cli.options import StateOption, open_state
from cli.terminal import err, out, print_json
from cli.way import show
from sandbox.audit import FILE, Outcome, Record, follow, read
from sandbox.printable import printable
from sandbox.telemetry import SERVICE as TELEMETRY

MARKS = {
    Outcome.ISSUED: ("•", "cyan"),
    Outcome.ALLOWED: ("✓", "green"),
    Outcome.DENIED: ("✗", "bold red"),
    # Not yet a matter of roles: Key Vault's first request always comes without a token.
    Outcome.REFUSED: ("-", "yellow"),
}


def trace(
    state: StateOption = None,
    follow_: Annotated[bool, typer.Option("--follow", "-f", help="Go on as more comes.")] = False,
    about: Annotated[
        str,
        typer.Option(
            "--about",
            "--photo",
            metavar="ID",
            help="The way of one thing that the services tell of (logs.bind): here of a photo.",
        ),
    ] = "",
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Who did what, where, and by which role: every token and every decision."""
    opened = open_state(state)
    if about:
        show(opened, about, as_json=json_)
        return
    path, spoilt = opened.path(FILE), list[bytes]()
    records = follow(path, lambda: True) if follow_ else read(path, spoilt.append)
    if json_:
        for record in records:
            present = {name: value for name, value in asdict(record).items() if value}
            print_json(present, indent=None)
    else:
        for record in without_repeats(records):
            out.print(line(record))
    if spoilt:
        err.print(f"left out, as no record can be read in it: {len(spoilt)} lines of {path}")


def without_repeats(records: Iterable[Record]) -> Iterator[Record]:
    """All but the telemetry that was allowed again by the same token: it comes all the time."""
    seen = set[str]()
    for record in records:
        usual = record.service == TELEMETRY and record.outcome is Outcome.ALLOWED
        if not usual or record.token_id not in seen:
            yield record
        if usual:
            seen.add(record.token_id)


def line(record: Record) -> Text:
    """One record as a person reads it."""
    mark, style = MARKS[record.outcome]
    text = Text()
    text.append(f"{record.time[11:23]}  ", "dim")
    text.append(f"{mark} ", style)
    text.append(f"{printable(record.identity) or '(unknown)':<12}", "bold")
    text.append(f" {what(record)}")
    text.append(f"  {because(record)}", style if record.outcome is Outcome.DENIED else "dim")
    return text


def table(records: list[Record], title: str) -> Table:
    """Records side by side: who, what, where, by which role."""
    found = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("  who", "what", "where", "by which role"):
        found.add_column(heading, header_style="dim")
    for record in records:
        mark, style = MARKS[record.outcome]
        who = Text.assemble((f"{mark} ", style), (printable(record.identity), "bold"))
        what = short_action(record.action).removesuffix("/action")
        where = record.scope.rsplit("/", 1)[-1]
        found.add_row(who, Text(what), Text(where), Text(because(record)))
    return found


def what(record: Record) -> str:
    """What was asked for: an action on a scope, a token, or an operation that names neither."""
    if record.outcome is Outcome.ISSUED:
        return f"token for {printable(record.resource)}"
    if not record.action:
        return f"{record.service} {printable(record.operation)}"
    return f"{short_action(record.action)} on {short_scope(record.scope)}"


def because(record: Record) -> str:
    """The role that allowed it or is in the token, what would have, or why nobody was believed."""
    match record.outcome:
        case Outcome.ALLOWED:
            return short_role(record.role)
        case Outcome.DENIED:
            return f"none; {_one_of(record.missing)} would do"
        case Outcome.ISSUED:
            return record.role
        case _:
            return printable(record.reason)


def _one_of(roles: tuple[str, ...]) -> str:
    return " or ".join(map(short_role, roles[:2])) or "no role that is known here"
