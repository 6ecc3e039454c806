"""`keyless apply`: another deployment in a running sandbox, without a restart."""

import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.text import Text

from cli.changes import CHANGES, lines
from cli.compiled import FilesError, RefusedError, compiled, followed, will_compile
from cli.control import ask
from cli.lifecycle import require_running
from cli.options import StateOption, open_state
from cli.snapshot_notes import shown
from cli.terminal import USAGE, err, fail, one_sentence, out, print_json
from sandbox.deployment import origin
from sandbox.state import State

_STDIN = Path("-")
_PAUSE = 0.3  # seconds between two looks at the files


def apply(
    state: StateOption = None,
    snapshot: Annotated[
        Path | None,
        typer.Option(
            "--snapshot",
            metavar="PATH",
            help="Another deployment, also for later starts: a snapshot, or a .bicepparam or .bicep"
            " where there is a Bicep CLI. - reads a snapshot of this one from standard input, for"
            " this run alone.",
        ),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Apply again whenever a file of the deployment changes.")
    ] = False,
    hurry: Annotated[
        bool,
        typer.Option(
            "--hurry", help="End open Service Bus links that lost their right, before their tokens."
        ),
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Put the deployment into force in the running sandbox, and show each change.

    Compiles the Bicep and rehearses it where there is a Bicep CLI. An error changes nothing.
    """
    opened = open_state(state)
    require_running(opened)
    if snapshot == _STDIN:
        if watch:
            fail("--watch follows files, and --snapshot - is none.", USAGE)
        given = sys.stdin.buffer.read().decode(errors="replace")
        _put_into_force(opened, given, hurry=hurry, as_json=json_)
        return
    with one_sentence(ValueError):
        chosen = snapshot.absolute() if snapshot else origin(opened)
    if watch:
        _follow(opened, chosen, hurry=hurry, as_json=json_)
    _once(opened, chosen, hurry=hurry, as_json=json_)


def _once(state: State, chosen: Path, *, hurry: bool, as_json: bool) -> None:
    """Apply `chosen`, or end the command with the reason."""
    if not as_json and will_compile(chosen):
        # On stderr, which is never buffered: the compiler takes seconds.
        err.print(f"compiling {escape(shown(chosen))} …", style="dim")
    try:
        found = compiled(state, chosen)
    except RefusedError as error:
        for place, finding in error.findings:
            _print_refusal(place, finding.what, finding.mend)
        fail(f"{error}; nothing was changed")
    except (FilesError, OSError, ValueError) as error:
        fail(f"{error}; nothing was changed")
    if found.note:
        err.print(Text.assemble(("note:", "bold yellow"), f" {found.note}."))
    files = {"source": str(found.source), "bicep": str(found.bicep or "")}
    _put_into_force(state, found.text, files, hurry=hurry, as_json=as_json)
    with one_sentence(OSError):
        if found.write() and not as_json:
            out.print(f"[dim]{shown(found.source)} was written: commit it with the Bicep.[/]")


def _put_into_force(
    state: State, text: str, files: Mapping[str, str] | None = None, *, hurry: bool, as_json: bool
) -> None:
    """Apply a snapshot, and print the changes. Without `files`, later starts have the last one."""
    applied = ask(state, "apply", {"snapshot": text, **(files or {}), "hurry": hurry})
    if as_json:
        print_json(applied)
        return
    for each in lines(applied):
        out.print(each)
    if any(applied[each] for each in CHANGES):
        out.print(f"In force after {applied['seconds']:.2f} s.")


def _follow(state: State, chosen: Path, *, hurry: bool, as_json: bool) -> None:
    """Apply `chosen` now and after each change of its files, until the command is ended."""
    seen: dict[Path, tuple[int, int]] | None = None
    while True:
        if (now := _stamps(chosen)) != seen:
            seen = now
            try:
                _once(state, chosen, hurry=hurry, as_json=as_json)
            except typer.Exit:
                require_running(state)
            if not as_json:
                out.print("[dim]watching; Ctrl-C ends it[/]")
        time.sleep(_PAUSE)


def _stamps(chosen: Path) -> dict[Path, tuple[int, int]]:
    """Return the time and size of each file that `chosen` depends on."""
    found = {}
    # A file may be away for a moment while an editor saves it.
    with suppress(OSError):
        for each in filter(Path.exists, followed(chosen)):
            status = each.stat()
            found[each] = status.st_mtime_ns, status.st_size
    return found


def _print_refusal(place: str, what: str, fix: str) -> None:
    where = f"{escape(place)}: " if place else ""
    err.print(f"[bold red]✗[/] {where}{escape(what)}")
    err.print(f"  [dim]fix:[/] {escape(fix)}")
