"""The folders of the labs that were begun, and the learner's progress through them."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cli.lab.breakage import broken, copy_bicep
from cli.lab.course import Lab
from cli.snapshot_notes import shown
from sandbox.broken_files import BrokenFileError
from sandbox.commands import KEYLESS
from sandbox.deployment import SNAPSHOT, as_compiled
from sandbox.state import State

_PROGRESS, _BICEP, _STATE, _WORK = "progress.json", "bicep", "state", "work"
_DEFAULT = ".keyless/labs/"  # as the labs' texts write it
_SNAPSHOT, _PARAMETERS = "sandbox.snapshot.json", "sandbox.bicepparam"


@dataclass(frozen=True)
class Step:
    """The learner's way through one lab."""

    predicted: bool | None = None
    hints: int = 0
    solved: bool = False


@dataclass(frozen=True)
class Progress:
    """The lab that is open, if any, and every lab that was begun."""

    open: int | None
    steps: Mapping[int, Step]

    def of(self, number: int) -> Step:
        return self.steps.get(number, Step())

    def with_step(self, number: int, step: Step) -> "Progress":
        return replace(self, steps={**self.steps, number: step})


@dataclass(frozen=True)
class LabFolder:
    """The files of one lab: its copy of the Bicep, its snapshot, and the state of its sandbox.

    `work` has the files that the learner edits, if the lab has any.
    """

    root: Path

    @property
    def bicep(self) -> Path:
        return self.root / _BICEP

    @property
    def parameters(self) -> Path:
        return self.bicep / _PARAMETERS

    @property
    def snapshot(self) -> Path:
        return self.root / _SNAPSHOT

    @property
    def state(self) -> Path:
        return self.root / _STATE

    @property
    def work(self) -> Path:
        return self.root / _WORK

    def exists(self) -> bool:
        return self.snapshot.is_file()

    def write(self, lab: Lab) -> None:
        """Write the broken copy; the snapshot, which makes it exist, last. Raises OSError."""
        self.remove()
        self.root.mkdir(mode=0o700, parents=True)
        copy_bicep(self.bicep, lab.broken.edits)
        if lab.start is not None:
            copy_files(lab.start, self.work)
        made = broken(json.loads(SNAPSHOT.read_text("utf-8")), lab, as_compiled())
        self.snapshot.write_text(json.dumps(made, indent=2) + "\n", "utf-8")

    def remove(self) -> None:
        """Delete the lab's files, if there are any. Raises OSError."""
        if self.root.exists():
            shutil.rmtree(self.root)


def folder_of(state: Path) -> LabFolder | None:
    """Return the folder of the lab whose sandbox has its state in `state`; None for any other."""
    folder = LabFolder(state.absolute().parent)
    return folder if folder.exists() and folder.state == state.absolute() else None


def start_of(state: Path) -> str:
    """Return how to start a sandbox on the folder `state`: that of a lab, or the sample's.

    Where another lab is open, the shell still has the earlier one's `export`. Raises
    BrokenFileError.
    """
    folder = folder_of(state)
    if folder is None:
        return f"start one with {KEYLESS} up"
    folders, number = LabFolders(folder.root.parent), int(folder.root.name)
    start, opened = f"start it with {KEYLESS} lab {number}", folders.progress().open
    if opened in {None, number}:
        return start
    other = shown(folders.of(opened).state)
    return f"export KEYLESS_STATE={other} for lab {opened}, which is open, or {start}"


def copy_files(files: Path, work: Path) -> None:
    """Copy the files of a lab to the learner's folder, over those there. Raises OSError."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(files, work, ignore=ignored, dirs_exist_ok=True)


@dataclass(frozen=True)
class LabFolders:
    """The folder of all labs."""

    root: Path

    def of(self, number: int) -> LabFolder:
        """Return the folder of one lab."""
        return LabFolder((self.root / f"{number:02}").absolute())

    def lead(self, text: str) -> str:
        """Return a text of a lab with the paths of its files in this folder."""
        return text.replace(_DEFAULT, f"{shown(self.root.absolute())}/")

    def progress(self) -> Progress:
        """Return the learner's progress so far. Raises BrokenFileError."""
        found = State(self.root).read_json(_PROGRESS) or {}
        try:
            steps = {int(number): Step(**step) for number, step in found.get("labs", {}).items()}
            return Progress(found.get("open"), steps)
        except (TypeError, ValueError, AttributeError) as error:
            raise BrokenFileError(self.root / _PROGRESS, error) from error

    def keep(self, progress: Progress) -> None:
        """Keep the learner's progress. Raises OSError."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        labs = {str(number): asdict(step) for number, step in sorted(progress.steps.items())}
        State(self.root).write_json(_PROGRESS, {"open": progress.open, "labs": labs})
