"""`keyless lab check`: prove a lab, once or after each change, and replay the prediction."""

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import typer
from rich.markup import escape

from cli.lab import sandbox
from cli.lab.course import Lab
from cli.lab.folders import LabFolder, LabFolders, Progress
from cli.terminal import one_sentence, out, timed
from sandbox.commands import KEYLESS
from sandbox.state import State
from sandbox.supervisor import running

_FAULTY = 1  # the exit status of a check that found a fault
_PAUSE = 0.3  # seconds between two looks at the files
# The files of a state that change with the roles in force.
_OF_ROLES = ("deployed.json", "assignments-by-hand.json", "principals.json")


def check(folders: LabFolders, lab: Lab, folder: LabFolder, *, watch: bool) -> None:
    """Prove the lab; end the command with 1 if anything is otherwise than it should be.

    With `watch`, check again after each change until it passes.
    """
    state = sandbox.require(lab, folder)
    seen = seen_by(lab, folder, state)
    while not _passes(lab, folder, state):
        if not watch:
            raise typer.Exit(_FAULTY)
        out.print("[dim]watching; Ctrl-C ends it[/]")
        while (now := seen_by(lab, folder, state)) == seen:
            time.sleep(_PAUSE)
            sandbox.require(lab, folder)
        seen = now
    progress = folders.progress()
    progress = progress.with_step(lab.number, replace(progress.of(lab.number), solved=True))
    folders.keep(progress)
    _replay(lab, progress)


def seen_by(lab: Lab, folder: LabFolder, state: State) -> Mapping[str, object]:
    """Return what `--watch` compares: the roles, settings and faults in force, and the files.

    The check itself leaves all of it as it was; only files that the lab began with count.
    """
    report = running(state)
    start = lab.start
    names = (each.relative_to(start) for each in start.rglob("*")) if start is not None else ()
    return {
        **{str(each): _stamp(folder.work / each) for each in names},
        **{each: _content(state.path(each)) for each in _OF_ROLES},
        "settings": report and report.settings,
        "faults": report and report.faults,
        "secrets": _stamp(state.path("vault.db")),
    }


def _passes(lab: Lab, folder: LabFolder, state: State) -> bool:
    from cli.lab.proof import prove  # noqa: PLC0415 -- the SDKs take a second to import
    from cli.lab.run import Run  # noqa: PLC0415
    from sandbox.testing.deployment import KeylessError  # noqa: PLC0415

    with timed("Checked"), one_sentence(KeylessError), out.status("checking"):
        found = prove(lab, Run(state, folder.snapshot, folder.work))
    faults = [each for each in found if each.fault]
    for each in faults:
        who = f"{each.who}: " if each.who else ""
        out.print(f"[bold red]✗[/] {escape(f'{who}{each.does}: {each.fault}')}")
    too_much = sum(each.too_much for each in faults)
    rights = f"; {len(faults) - too_much} too little, {too_much} too much" * bool(lab.probes)
    out.print(f"{len(found) - len(faults)} of {len(found)} are right{rights}.")
    return not faults


def _stamp(path: Path) -> tuple[int, int]:
    """Return the time and size of a file; zeros where there is none."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _content(path: Path) -> bytes:
    """Return the bytes of a file, which a check may write again; none where there is no file."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


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
