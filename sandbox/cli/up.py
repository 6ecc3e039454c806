"""`keyless up`, `down` and `status`: the sandbox and the services, running."""

import asyncio
import signal
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from sandbox.cli.options import StandInOption, StateOption, open_state
from sandbox.cli.running import end, start_detached, the_running
from sandbox.cli.terminal import USAGE, ended_by_signals, fail, one_sentence, out
from sandbox.supervisor import (
    ENDINGS,
    AddressError,
    AsDeveloper,
    Az,
    Elsewhere,
    Report,
    SignInReport,
    StartError,
    holder,
    run,
)

_STYLES = {"ready": "green", "starting": "yellow", "restarting": "bold red"}

_DONE, _ENDED = Text("✓", "green"), Text("✗", "bold red")

PortOption = Annotated[
    int | None,
    typer.Option("--port", help="Where the gallery is served (default: 8080, or a free one)."),
]


def up(
    *,
    state: StateOption = None,
    port: PortOption = None,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return when ready.")] = False,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            help="Start no service; listen on this machine's private addresses, for services"
            " elsewhere that know it by this name. Needs --environments.",
        ),
    ] = None,
    environments: Annotated[
        Path | None,
        typer.Option("--environments", help="Where each of them finds what it has to know."),
    ] = None,
    as_: Annotated[
        str | None, typer.Option("--as", help="developer: the services run under your sign-in.")
    ] = None,
    stand_in: StandInOption = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="With --as: sign in without asking, for scripts.")
    ] = False,
) -> None:
    """Start the sandbox and the four services."""
    elsewhere = _elsewhere(listen, environments, detach)
    _check_whom(as_, elsewhere, stand_in or approve)
    opened = open_state(state)
    progress = Progress()
    if detach:
        pid = holder(opened)
        if pid is not None:
            fail(f"a sandbox is already running on {opened.root} (process {pid}).")
        with ended_by_signals():
            start_detached(opened, port, progress, _options(as_, stand_in, approve))
        out.print("Runs in the background; [bold]./keyless down[/] ends it.")
        return
    with one_sentence(StartError, OSError):
        as_developer = AsDeveloper(Az.found(opened, stand_in), approve) if as_ else None
        asyncio.run(run(opened, port, progress, elsewhere, as_developer))
    # All has ended but this process: nothing is left that a second signal could hurry.
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)


def _elsewhere(listen: str | None, environments: Path | None, detach: bool) -> Elsewhere | None:
    if listen is None and environments is None:
        return None
    if listen is None or environments is None:
        fail("--listen and --environments go together.", USAGE)
    if detach:
        fail("--detach waits for services, and --listen starts none.", USAGE)
    if not environments.is_dir():
        fail(f"--environments names no folder: {environments}.", USAGE)
    with one_sentence(AddressError):
        return Elsewhere.reached_as(listen, environments.absolute())


def _check_whom(as_: str | None, elsewhere: Elsewhere | None, more: bool) -> None:
    if as_ not in {None, "developer"}:
        fail(f"the services run as themselves, or --as developer; not as {as_!r}.", USAGE)
    if as_ and elsewhere:
        fail("--as developer starts the services here; --listen starts none.", USAGE)
    if more and not as_:
        fail("--stand-in and --approve are for --as developer.", USAGE)


def _options(as_: str | None, stand_in: bool, approve: bool) -> list[str]:
    given = (["--as", as_] if as_ else []) + ["--stand-in"] * stand_in + ["--approve"] * approve
    return given


def down(state: StateOption = None) -> None:
    """End the sandbox and the services."""
    opened = open_state(state)
    pid = holder(opened)
    if pid is None:
        out.print("Nothing is running.")
        return
    if not end(opened):
        fail(f"process {pid} does not end; kill it and the sandbox ends with it.")
    out.print("Ended.")


def status(
    state: StateOption = None,
    json_: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    endpoints: Annotated[
        bool, typer.Option("--endpoints", help="Status 0 once Azure's endpoints are ready.")
    ] = False,
) -> None:
    """What runs, where, and what a service still waits for. Status 0 if all is ready."""
    report = the_running(open_state(state))
    if json_:
        out.print_json(data=without_environments(report))
    else:
        out.print(_table(report))
        out.print(f"gallery  {report.gallery}")
    raise typer.Exit(0 if report.ready or endpoints else 1)


def without_environments(report: Report) -> dict[str, object]:
    """A report for others' eyes: without the identity headers, and without the sign-in's key."""
    services = [
        {name: value for name, value in asdict(each).items() if name != "environment"}
        for each in report.services
    ]
    sign_in = {name: value for name, value in asdict(report.sign_in).items() if name != "key"}
    return {**asdict(report), "services": services, "sign_in": sign_in, "ready": report.ready}


class Progress:
    """Says once of each thing that it is ready, in the order in which it gets there."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, report: Report) -> None:
        if report.endpoints_ready is not None:
            seconds = report.endpoints_ready
            self._say(
                "endpoints", f"Azure's endpoints: blob, vault, bus, identity  {seconds:.1f} s"
            )
        if report.sign_in.code:
            self._say(report.sign_in.code, _how_to_sign_in(report.sign_in), Text("→", "cyan"))
        elif report.sign_in.az and any(each.state != "starting" for each in report.services):
            self._say("whom", f"signed in as the developer, by {report.sign_in.az}")
        for service in report.services:
            if service.state == "ready":
                self._say(service.name, f"{service.name}")
            elif service.ended:
                self._say(f"{service.name}'s end", f"{service.name} ended: {service.ended}", _ENDED)
        if report.ready:
            self._say("all", f"all ready after {report.services_ready:.1f} s: {report.gallery}")

    def _say(self, what: str, sentence: str, mark: Text = _DONE) -> None:
        if what not in self._said:
            self._said.add(what)
            out.print(Text.assemble(mark, " ", sentence))


def _how_to_sign_in(sign_in: SignInReport) -> str:
    return (
        f"The services wait for you to sign in as the developer. Open {sign_in.address}\n"
        f"  or run ./keyless sign-in {sign_in.code}"
    )


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("service", "state", "restarts", "address", "waits for"):
        table.add_column(heading)
    for each in report.services:
        state = Text(each.state, _STYLES.get(each.state, ""))
        waits_for = each.ended or ", ".join(each.failing)
        table.add_row(each.name, state, str(each.restarts), each.url, waits_for)
    return table
