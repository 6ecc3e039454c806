"""`keyless lab`: learn by mending a broken copy of the sample."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.rule import Rule

from cli.lab.course import CourseError, Lab, Prediction, lab_of, read_course
from cli.lab.folders import LabFolder, LabFolders, Progress
from cli.lifecycle import end, start_detached
from cli.options import open_state
from cli.snapshot_notes import shown
from cli.terminal import USAGE, fail, interactive, one_sentence, out
from infra.rehearsal.files import has_compiler
from sandbox.commands import KEYLESS
from sandbox.deployment import remember
from sandbox.state import PROJECT
from sandbox.supervisor import holder

_LIST = "list"
_PROVED = 1  # the exit status of a check that found a fault

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
            help="list, the number of a lab to start, check, hint, solution, reset, or quit.",
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
) -> None:
    """Learn by doing: list the labs, start one by its number, check it, and get hints.

    A lab breaks a copy of the sample, which runs in a sandbox of its own. You mend it, and check
    proves it by real requests: each identity may do all that it needs, and no more.
    """
    folders = LabFolders(folder or PROJECT / ".keyless" / "labs")
    _check_options(what, predict=predict, watch=watch, apply=apply)
    with one_sentence(CourseError, ValueError, OSError):
        if what == _LIST:
            _list(folders)
        elif what.isdigit():
            _start(folders, lab_of(read_course(), int(what)), predict)
        else:
            _of_the_open_lab(what, folders, watch=watch, apply=apply)


def _check_options(what: str, *, predict: str | None, watch: bool, apply: bool) -> None:
    given = {"--predict": predict is not None, "--watch": watch, "--apply": apply}
    for_what = {"--predict": what.isdigit(), "--watch": what == "check"}
    for_what["--apply"] = what == "solution"
    for name, is_given in given.items():
        if is_given and not for_what[name]:
            fail(f"{name} does not go with {KEYLESS} lab {what}.", USAGE)
    if predict not in {None, "yes", "no"}:
        fail(f"--predict is yes or no, not {predict!r}.", USAGE)
    known = [_LIST, *_ACTS]
    if not what.isdigit() and what not in known:
        fail(f"unknown: lab {what!r}; choose from a number, {', '.join(known)}.", USAGE)


def _list(folders: LabFolders) -> None:
    progress = folders.progress()
    course = read_course()
    for number, each in course.items():
        step = progress.of(number)
        mark = "[green]✓[/]" if step.solved else "[bold]→[/]" if number == progress.open else " "
        out.print(f"{mark} [bold]{number:>2}[/]  {each.title}  [dim]{each.minutes} min[/]")
        out.print(f"      [dim]{escape(each.concept)}[/]")
    solved = sum(progress.of(number).solved for number in course)
    out.print(f"{solved} of {len(course)} solved. Start one: [bold]{KEYLESS} lab NUMBER[/]")


def _start(folders: LabFolders, lab: Lab, predict: str | None) -> None:
    """Ask for the prediction, break the copy, and start its sandbox."""
    progress = folders.progress()
    if progress.open is not None and progress.open != lab.number:
        _end(folders.of(progress.open))
    out.print(Rule(f"Lab {lab.number}: {lab.title}", align="left"))
    out.print(escape(lab.story) + "\n")
    if progress.of(lab.number).predicted is None:
        step = replace(progress.of(lab.number), predicted=_predicted(lab.prediction, predict))
        progress = progress.with_step(lab.number, step)
    folder = folders.of(lab.number)
    with _timed("The lab is ready"):
        if not folder.exists():
            folder.write(lab)
        _up(folder)
    folders.keep(Progress(lab.number, progress.steps))
    _print_ways(folder)


def _predicted(prediction: Prediction, given: str | None) -> bool:
    """Return the learner's answer, which nothing says yet is right or wrong."""
    if given is not None:
        return given == "yes"
    if not interactive():
        fail(f"{prediction.question} Answer first: --predict yes, or --predict no.", USAGE)
    out.print("[bold]First, your prediction.[/]")
    return typer.confirm(prediction.question)


def _up(folder: LabFolder) -> None:
    """Start the lab's sandbox, unless it runs: Azure's endpoints, and no service."""
    state = open_state(folder.state)
    if holder(state) is None:
        remember(state, folder.snapshot)
        with out.status("starting the lab's sandbox"):
            start_detached(state, 0, lambda _: None, ["--endpoints"], stays=True)


def _print_ways(folder: LabFolder) -> None:
    out.print(f"\nIn your shell, so that commands are about this lab:\n\n  {_export(folder)}\n")
    if has_compiler():
        out.print(
            f"Mend it in {shown(folder.bicep)}, and apply it:\n\n"
            f"  {KEYLESS} apply --snapshot {shown(folder.parameters)}\n\n"
            f"or assign roles by hand: {KEYLESS} as deployer -- az role assignment ..."
        )
    else:
        out.print(
            "There is no Bicep CLI, so mend it by commands:\n\n"
            f"  {KEYLESS} sign-in --approve --as deployer\n"
            f"  {KEYLESS} as deployer -- az role assignment create|delete ...\n\n"
            f"{KEYLESS} doctor prints the command for a denial."
        )
    out.print(f"Then: {KEYLESS} lab check. Stuck? {KEYLESS} lab hint")


def _export(folder: LabFolder) -> str:
    return f"export KEYLESS_STATE={shown(folder.state)}"


def _of_the_open_lab(what: str, folders: LabFolders, *, watch: bool, apply: bool) -> None:
    progress = folders.progress()
    if progress.open is None:
        fail(f"no lab is open; start one: {KEYLESS} lab NUMBER")
    lab = lab_of(read_course(), progress.open)
    folder = folders.of(lab.number)
    if what == "check":
        _check(folders, lab, folder, watch=watch)
    elif what == "solution":
        _show_solution(lab, folder, run_it=apply)
    else:
        _ACTS[what](folders, lab, folder)


def _check(folders: LabFolders, lab: Lab, folder: LabFolder, *, watch: bool) -> None:
    """Prove the lab; end the command with 1 if a request is decided otherwise than it should."""
    while not _passes(lab, folder):
        if not watch:
            raise typer.Exit(_PROVED)
        _wait_for_change(folder)
    progress = folders.progress()
    progress = progress.with_step(lab.number, replace(progress.of(lab.number), solved=True))
    folders.keep(progress)
    _replay(lab, progress)


def _passes(lab: Lab, folder: LabFolder) -> bool:
    from cli.lab.proof import prove  # noqa: PLC0415 -- the SDKs take a second to import
    from sandbox.testing.deployment import KeylessError  # noqa: PLC0415

    state = open_state(folder.state)
    if holder(state) is None:
        fail(f"the sandbox of lab {lab.number} has ended; start it: {KEYLESS} lab {lab.number}")
    with _timed("Checked"), one_sentence(KeylessError), out.status("sending requests"):
        found = prove(state, folder.snapshot, lab.probes)
    faults = [each for each in found if each.fault]
    for each in faults:
        out.print(f"[bold red]✗[/] {each.who}: {escape(each.does)}: {escape(each.fault)}")
    too_much = sum(each.too_much for each in faults)
    right = len(found) - len(faults)
    out.print(
        f"{right} of {len(found)} decisions are right; {len(faults) - too_much} too little,"
        f" {too_much} too much."
    )
    return not faults


def _wait_for_change(folder: LabFolder) -> None:
    """Return once the deployment in force or a role by hand has changed."""
    out.print("[dim]watching; Ctrl-C ends it[/]")
    before = _stamps(folder)
    while _stamps(folder) == before:
        time.sleep(0.3)


def _stamps(folder: LabFolder) -> list[int]:
    names = ("deployed.json", "assignments-by-hand.json", "principals.json")
    paths = (folder.state / name for name in names)
    return [path.stat().st_mtime_ns if path.exists() else 0 for path in paths]


def _replay(lab: Lab, progress: Progress) -> None:
    """Hold the learner's prediction against the lab's answer."""
    step, prediction = progress.of(lab.number), lab.prediction
    out.print(f"\n[bold green]✓ Lab {lab.number} is solved.[/] You were asked first:")
    out.print(f"  {escape(prediction.question)}")
    word = "and it is" if step.predicted == prediction.answer else "but it is"
    out.print(
        f"  You said {_word(bool(step.predicted))}, {word} {_word(prediction.answer)}:"
        f" {escape(prediction.because)}"
    )
    out.print(f"See another way: {KEYLESS} lab solution. Go on: {KEYLESS} lab")


def _word(answer: bool) -> str:
    return "yes" if answer else "no"


def _hint(folders: LabFolders, lab: Lab, _: LabFolder) -> None:
    """Print the hints so far, and the next one."""
    progress = folders.progress()
    step = progress.of(lab.number)
    shown = min(step.hints + 1, len(lab.hints))
    folders.keep(progress.with_step(lab.number, replace(step, hints=shown)))
    for number, each in enumerate(lab.hints[:shown], 1):
        out.print(f"{number} of {len(lab.hints)}  {escape(each)}")


def _show_solution(lab: Lab, folder: LabFolder, *, run_it: bool) -> None:
    from cli.lab import solution  # noqa: PLC0415 -- only this command needs it

    state = open_state(folder.state)
    if holder(state) is None:
        fail(f"the sandbox of lab {lab.number} has ended; start it: {KEYLESS} lab {lab.number}")
    steps = solution.commands(state)
    if not steps:
        out.print("Every role is as it should be.")
    if changed := solution.bicep(folder.bicep, list(dict.fromkeys(e.file for e in lab.edits))):
        out.print(f"In {shown(folder.bicep)}:\n\n{escape(changed)}")
    if steps:
        out.print("Or by commands:\n")
    for each in steps:
        out.print(f"  {each}", markup=False)
    if run_it:
        with _timed("Done"), one_sentence(solution.SolutionError):
            for each in steps:
                solution.run(each, state)


def _reset(folders: LabFolders, lab: Lab, folder: LabFolder) -> None:
    """Break the lab again, with new files and a new sandbox."""
    with _timed(f"Lab {lab.number} is broken again"):
        _end(folder)
        folder.write(lab)
        _up(folder)
    progress = folders.progress()
    step = replace(progress.of(lab.number), hints=0, solved=False)
    folders.keep(progress.with_step(lab.number, step))


def _quit(folders: LabFolders, lab: Lab, folder: LabFolder) -> None:
    """End the sandbox of the open lab; its files stay."""
    _end(folder)
    folders.keep(Progress(None, folders.progress().steps))
    out.print(f"Lab {lab.number} has ended; its files stay. In your shell: unset KEYLESS_STATE")


def _end(folder: LabFolder) -> None:
    if folder.exists() and holder(open_state(folder.state)) is not None:
        end(open_state(folder.state))


_ACTS: dict[str, Callable[[LabFolders, Lab, LabFolder], None]] = {
    "check": lambda *_: None,
    "hint": _hint,
    "solution": lambda *_: None,
    "reset": _reset,
    "quit": _quit,
}


@contextmanager
def _timed(sentence: str) -> Iterator[None]:
    """Print the sentence and the seconds that the block took."""
    begun = time.monotonic()
    yield
    out.print(f"[dim]{sentence} after {time.monotonic() - begun:.1f} s.[/]")
