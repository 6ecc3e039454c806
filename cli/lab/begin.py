"""`keyless lab NUMBER`, `reset` and `quit`: begin a lab, break it again, and leave it."""

import re
from dataclasses import replace
from textwrap import indent

import typer
from rich.markup import escape
from rich.rule import Rule

from cli.lab import sandbox
from cli.lab.course import Lab, Prediction
from cli.lab.folders import LabFolder, LabFolders, Progress
from cli.snapshot_notes import shown
from cli.terminal import USAGE, fail, interactive, out, timed
from infra.rehearsal.files import has_compiler
from sandbox.commands import KEYLESS

_BY_HAND = f"""\
  {KEYLESS} sign-in --approve --as deployer
  {KEYLESS} as deployer -- az role assignment create|delete ...
"""
_FENCED = re.compile(r"^```\w*\n(.*?)^```\n", re.DOTALL | re.MULTILINE)


def start(folders: LabFolders, lab: Lab, predict: str | None) -> None:
    """Ask for the prediction, break the copy, and start its sandbox; or go on with it."""
    progress = folders.progress()
    if progress.open is not None and progress.open != lab.number:
        sandbox.end(folders.of(progress.open))
        out.print(f"Lab {progress.open} has ended; its files stay.\n")
    out.print(Rule(f"Lab {lab.number}: {lab.title}", align="left"))
    out.print(escape(as_text(folders.lead(lab.story))) + "\n")
    if progress.of(lab.number).predicted is None:
        step = replace(progress.of(lab.number), predicted=_predicted(lab.prediction, predict))
        progress = progress.with_step(lab.number, step)
    folder = folders.of(lab.number)
    with timed("The lab is ready"):
        if folder.exists():
            sandbox.up(lab, folder)
        else:
            sandbox.begin(lab, folder)
    folders.keep(Progress(lab.number, progress.steps))
    _print_ways(lab, folder)


def reset(folders: LabFolders, lab: Lab, folder: LabFolder) -> None:
    """Break the lab again, with new files and a new sandbox."""
    with timed(f"Lab {lab.number} is broken again"):
        sandbox.end(folder)
        sandbox.begin(lab, folder)
    progress = folders.progress()
    step = replace(progress.of(lab.number), hints=0, solved=False)
    folders.keep(progress.with_step(lab.number, step))


def leave(folders: LabFolders, lab: Lab, folder: LabFolder) -> None:
    """End the sandbox of the open lab; its files stay."""
    sandbox.end(folder)
    folders.keep(Progress(None, folders.progress().steps))
    out.print(f"Lab {lab.number} has ended; its files stay. In your shell: unset KEYLESS_STATE")


def _predicted(prediction: Prediction, given: str | None) -> bool:
    """Return the learner's answer, which nothing says yet is right or wrong."""
    if given is not None:
        return given == "yes"
    if not interactive():
        fail(f"{prediction.question} Answer first: --predict yes, or --predict no.", USAGE)
    out.print("[bold]First, your prediction.[/]")
    # No default: Enter alone would be a guess, and mostly a right one.
    return typer.confirm(prediction.question, default=None)


def as_text(story: str) -> str:
    """Return a story for a terminal, its commands indented in place of their Markdown fences."""
    return _FENCED.sub(lambda found: indent(found[1], "  "), story)


def _print_ways(lab: Lab, folder: LabFolder) -> None:
    export = f"export KEYLESS_STATE={shown(folder.state)}"
    out.print("\nBefore any other command, so that each one is about this lab, in your shell:")
    out.print(f"\n  {export}\n")
    if lab.start is not None:
        out.print(f"Your files are in {shown(folder.work)}.\n")
    if lab.probes or lab.broken.has_other_resources:
        _print_ways_to_mend(lab, folder)
    out.print(f"Then: {KEYLESS} lab check. Stuck? {KEYLESS} lab hint")


def _print_ways_to_mend(lab: Lab, folder: LabFolder) -> None:
    if has_compiler():
        out.print(
            f"Mend it in {shown(folder.bicep)}, and apply it:\n\n"
            f"  {KEYLESS} apply --snapshot {shown(folder.parameters)}\n\n"
            f"or assign roles by hand:\n\n{_BY_HAND}"
        )
        return
    out.print(
        f"There is no Bicep CLI, so mend it by commands:\n\n{_BY_HAND}\n"
        f"{KEYLESS} doctor prints the command for a denial."
    )
    if lab.broken.has_other_resources:
        out.print(
            f"The resources and the apps' variables are in {shown(folder.snapshot)}; apply it:\n\n"
            f"  {KEYLESS} apply --snapshot {shown(folder.snapshot)}\n"
        )
