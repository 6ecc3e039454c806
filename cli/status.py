"""`keyless status`: the running services, and the operations that each still waits for."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cli.lifecycle import answers, require_running
from cli.options import StateOption, open_state
from cli.terminal import out, print_json
from sandbox.commands import KEYLESS, published
from sandbox.printable import printable
from sandbox.supervisor import Report
from sandbox.supervisor.report import NOT_STARTED

_SILENT = (
    f"no: process {{}} has not answered for 5 seconds, so the above may be outdated; {KEYLESS} down"
    " ends it, and keeps everything that it acknowledged."
)
_STYLES = {"ready": "green", "starting": "yellow", "restarting": "bold red"}


def status(
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    endpoints: Annotated[
        bool, typer.Option("--endpoints", help="Exit with 0 once Azure's endpoints are ready.")
    ] = False,
) -> None:
    """Show the services, their addresses, and the operations each still waits for.

    Exits with 0 if all are ready, and with 1 in any case if the sandbox does not answer or cannot
    write to its state folder, as on a full disk.
    """
    opened = open_state(state)
    report, refused = require_running(opened), opened.refuses()
    alive = answers(report)
    if json_:
        print_json({**_without_environments(report), "refuses": refused, "answers": alive})
    else:
        out.print(_table(report))
        if report.gallery:
            out.print(f"open     {published(report.gallery)}")
        if report.page:
            out.print(f"watch    {report.page.address}", soft_wrap=True)
        for name, answer in report.assumed.items():
            out.print(f"assumed  {name}={answer}")
        for name, value in report.settings.items():
            out.print(f"set      {name}={value}")
        for each in report.entities:
            out.print(f"by hand  {printable(each)}", markup=False)
        for fault in report.faults:
            on = f" on {fault.on}" if fault.on else ""
            line = f"{fault.name}{on} until {fault.ends[11:19]} UTC"
            out.print(Text.assemble(("fault    ", "bold yellow"), printable(line)))
        for line in dead_letters(report):
            out.print(Text.assemble(("dead     ", "bold yellow"), printable(line)))
        for each in report.lost:
            out.print(Text.assemble(("lost     ", "bold yellow"), printable(each)))
        if refused:
            out.print(Text.assemble(("disk     ", "bold red"), f"{refused}."))
        if not alive:
            out.print(Text.assemble(("answers  ", "bold red"), _SILENT.format(report.pid)))
    raise typer.Exit(0 if (report.ready or endpoints) and alive and not refused else 1)


def dead_letters(report: Report) -> Iterator[str]:
    """Yield a line for each queue or subscription that has dead letters."""
    for entity, count in report.dead_letters.items():
        if count:
            yield f"{count} dead letter{'s' if count > 1 else ''} in {entity}"


def _without_environments(report: Report) -> dict[str, object]:
    """Return the report without its secrets: identity headers, and three keys."""
    services = [
        {name: value for name, value in asdict(each).items() if name != "environment"}
        for each in report.services
    ]
    sign_in = {name: value for name, value in asdict(report.sign_in).items() if name != "key"}
    public = {
        name: value for name, value in asdict(report).items() if name not in {"control", "page"}
    }
    return {**public, "services": services, "sign_in": sign_in, "ready": report.ready}


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("service", "state", "restarts", "address", "waiting for"):
        table.add_column(heading)
    for each in report.services:
        state = Text(each.state, _STYLES.get(each.state, ""))
        waits_for = each.keeps_ending or ", ".join(each.failing)
        # An identity of another deployment is never started, so it never restarts.
        restarts = "-" if each.state == NOT_STARTED else str(each.restarts)
        table.add_row(each.name, state, restarts, each.url, Text(printable(waits_for)))
    return table
