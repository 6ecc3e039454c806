"""`keyless lab hint` and `solution`: help with a lab, one step at a time or all at once."""

from dataclasses import replace

from rich.markup import escape

from cli.lab import sandbox, solution
from cli.lab.course import Lab
from cli.lab.folders import LabFolder, LabFolders
from cli.snapshot_notes import shown
from cli.terminal import one_sentence, out, timed
from sandbox.commands import KEYLESS


def hint(folders: LabFolders, lab: Lab, _: LabFolder) -> None:
    """Print the hints so far, and the next one."""
    count = give_hint(folders, lab)
    for number, each in enumerate(lab.hints[:count], 1):
        out.print(f"{number} of {len(lab.hints)}  {escape(folders.lead(each))}")
    if count == len(lab.hints):
        out.print(f"These are all. {KEYLESS} lab solution shows the fix.")


def give_hint(folders: LabFolders, lab: Lab) -> int:
    """Count the next hint as given; return the number of those so far. Raises OSError."""
    progress = folders.progress()
    step = progress.of(lab.number)
    count = min(step.hints + 1, len(lab.hints))
    folders.keep(progress.with_step(lab.number, replace(step, hints=count)))
    return count


def show_solution(lab: Lab, folder: LabFolder, *, run_it: bool) -> None:
    """Print the change in the files, in the Bicep and as commands; carry it out with `run_it`."""
    state = sandbox.require(lab, folder)
    found = solution.of(lab, folder, state)
    if not (found.files or found.bicep or found.snapshot or found.commands):
        out.print("Everything is as it should be.")
    if found.files:
        out.print(f"In {shown(folder.work)}:\n\n{escape(found.files)}")
    if found.bicep:
        out.print(f"In {shown(folder.bicep)}:\n\n{escape(found.bicep)}")
    if found.snapshot:
        out.print(f"Or in {shown(folder.snapshot)}:\n\n{escape(found.snapshot)}")
    if found.commands:
        out.print("Or by commands:\n" if found.bicep and not found.snapshot else "By commands:\n")
    for each in found.commands:
        out.print(f"  {each}", markup=False)
    if run_it:
        with timed("Done"), one_sentence(solution.SolutionError):
            solution.carry_out(found, lab, folder, state)
