"""`keyless trace`: the audit, readable."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from sandbox.audit import FILE, Outcome, Record, follow, read
from sandbox.cli.names import short_action, short_role, short_scope
from sandbox.cli.options import StateOption, open_state
from sandbox.cli.terminal import out

_MARKS = {
    Outcome.ISSUED: ("•", "cyan"),
    Outcome.ALLOWED: ("✓", "green"),
    Outcome.DENIED: ("✗", "bold red"),
    # Not yet a matter of roles: Key Vault's first request always comes without a token.
    Outcome.REFUSED: ("-", "yellow"),
}


def trace(
    state: StateOption = None,
    follow_: Annotated[bool, typer.Option("--follow", "-f", help="Go on as more comes.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Who did what, where, and by which role: every token and every decision."""
    path = open_state(state).path(FILE)
    records = follow(path, lambda: True) if follow_ else read(path)
    for record in records:
        if json_:
            present = {name: value for name, value in asdict(record).items() if value}
            out.print_json(data=present, indent=None)
        else:
            out.print(line(record))


def line(record: Record) -> Text:
    """One record as a person reads it."""
    mark, style = _MARKS[record.outcome]
    text = Text()
    text.append(f"{record.time[11:23]}  ", "dim")
    text.append(f"{mark} ", style)
    text.append(f"{record.identity or '(unknown)':<12}", "bold")
    text.append(f" {_what(record)}")
    text.append(f"  {because(record)}", style if record.outcome is Outcome.DENIED else "dim")
    return text


def table(records: list[Record], title: str) -> Table:
    """Records side by side: who, what, where, by which role."""
    found = Table(title=title, title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("  who", "what", "where", "by which role"):
        found.add_column(heading, header_style="dim")
    for record in records:
        mark, style = _MARKS[record.outcome]
        who = Text.assemble((f"{mark} ", style), (record.identity, "bold"))
        what = short_action(record.action).removesuffix("/action")
        where = record.scope.rsplit("/", 1)[-1]
        found.add_row(who, what, where, because(record))
    return found


def _what(record: Record) -> str:
    if record.outcome is Outcome.ISSUED:
        return f"token for {record.resource}"
    if not record.action:
        return f"{record.service} {record.operation}"
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
            return record.reason


def _one_of(roles: tuple[str, ...]) -> str:
    return " or ".join(map(short_role, roles[:2])) or "no role that is known here"
