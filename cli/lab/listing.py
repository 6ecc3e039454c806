"""`keyless lab`: the labs, and the learner's progress."""

from rich.markup import escape

from cli.lab.course import read_course
from cli.lab.folders import LabFolders
from cli.terminal import out
from sandbox.commands import KEYLESS


def print_all(folders: LabFolders) -> None:
    """Print each lab with its progress. Raises CourseError or BrokenFileError."""
    progress = folders.progress()
    course = read_course()
    for number, each in course.items():
        step = progress.of(number)
        mark = "[green]✓[/]" if step.solved else "[bold]→[/]" if number == progress.open else " "
        out.print(f"{mark} [bold]{number:>2}[/]  {each.title}  [dim]{each.minutes} min[/]")
        if step.predicted is not None:  # before, it would answer the prediction
            out.print(f"      [dim]{escape(each.concept)}[/]")
    solved = sum(progress.of(number).solved for number in course)
    out.print(f"{solved} of {len(course)} solved. Start one: [bold]{KEYLESS} lab NUMBER[/]")
