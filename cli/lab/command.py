"""`keyless lab`: learn by mending a broken copy of the sample."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from cli.lab.advice import hint, show_solution
from cli.lab.begin import leave, reset, start
from cli.lab.check import check
from cli.lab.course import CourseError, Lab, lab_of, read_course
from cli.lab.folders import LabFolder, LabFolders
from cli.lab.listing import print_all
from cli.lab.pack import pack
from cli.terminal import USAGE, fail, one_sentence
from sandbox.commands import KEYLESS
from sandbox.state import PROJECT
from setup.ready import main as ready

_LIST, _READY, _PACK = "list", "ready", "pack"
_GOES_WITH = {"--watch": "check", "--apply": "solution", "--json": _READY, "--to": _PACK}

FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--folder", envvar="KEYLESS_LABS", help="The folder of the labs. Default: .keyless/labs."
    ),
]


def lab(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="list, the number of a lab to start, check, hint, solution, reset, quit, ready,"
            " or pack.",
        ),
    ] = _LIST,
    *,
    folder: FolderOption = None,
    predict: Annotated[
        str | None,
        typer.Option("--predict", metavar="yes/no", help="Your prediction, for a lab to start."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="With check: again after each change, until it passes.")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="With solution: run its commands, too.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="With ready: print one JSON list.")] = False,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="With pack: the archive to write.")
    ] = None,
) -> None:
    """Learn by doing: list the labs, start one by its number, check it, and get hints.

    A lab breaks a copy of the sample, which runs in a sandbox of its own. You mend it, and check
    proves it by real requests: each identity may do all that it needs, and no more.

    For a class, ready looks whether this machine can run the labs, and pack makes an archive for a
    room without internet.
    """
    folders = LabFolders(folder or PROJECT / ".keyless" / "labs")
    given = {
        "--predict": predict is not None,
        "--watch": watch,
        "--apply": apply,
        "--json": json_,
        "--to": to is not None,
    }
    _check_options(what, given, predict)
    if what == _READY:
        raise typer.Exit(ready(["--json"] if json_ else []))
    if what == _PACK:
        pack(to)
        return
    with one_sentence(CourseError, ValueError, OSError):
        if what == _LIST:
            print_all(folders)
        elif what.isdigit():
            start(folders, lab_of(read_course(), int(what)), predict)
        else:
            _of_the_open_lab(what, folders, watch=watch, apply=apply)


def _check_options(what: str, given: Mapping[str, bool], predict: str | None) -> None:
    """End the command for an option that goes with another one, and for an unknown command."""
    for name, is_given in given.items():
        goes = what.isdigit() if name == "--predict" else what == _GOES_WITH[name]
        if is_given and not goes:
            fail(f"{name} does not go with {KEYLESS} lab {what}.", USAGE)
    if predict not in {None, "yes", "no"}:
        fail(f"--predict is yes or no, not {predict!r}.", USAGE)
    known = [_LIST, *_ACTS, _READY, _PACK]
    if not what.isdigit() and what not in known:
        fail(f"unknown: lab {what!r}; choose from a number, {', '.join(known)}.", USAGE)


def _of_the_open_lab(what: str, folders: LabFolders, *, watch: bool, apply: bool) -> None:
    progress = folders.progress()
    if progress.open is None:
        fail(f"no lab is open; start one: {KEYLESS} lab NUMBER")
    lab = lab_of(read_course(), progress.open)
    folder = folders.of(lab.number)
    if what == "check":
        check(folders, lab, folder, watch=watch)
    elif what == "solution":
        show_solution(lab, folder, run_it=apply)
    else:
        _ACTS[what](folders, lab, folder)


_ACTS: dict[str, Callable[[LabFolders, Lab, LabFolder], None]] = {
    "check": lambda *_: None,
    "hint": hint,
    "solution": lambda *_: None,
    "reset": reset,
    "quit": leave,
}
