"""What an answer by the snapshot leaves out: edits of the Bicep, another snapshot that runs, and
what the sandbox does not do of what the snapshot says.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.text import Text

from cli.terminal import err
from sandbox.commands import RESTART
from sandbox.deployment import SNAPSHOT, SnapshotError, digest, edited_since, ignored
from sandbox.state import State
from sandbox.supervisor import Report, running

_RESTART = (
    "the sandbox that runs became another snapshot than the one that is there now; "
    f"to decide by this one: {RESTART}."
)


def warn_of_edits() -> None:
    """Say on stderr if the Bicep was edited after its snapshot was written."""
    _print(_of_edits(edited_since()))


def warn_of_ignored(path: Path = SNAPSHOT) -> None:
    """Say on stderr what of the deployment the sandbox does not do; nothing of a broken file."""
    with suppress(SnapshotError, LookupError, TypeError, AttributeError):  # the start says so
        _print(ignored(path))


def warn_if_stale(state: State) -> None:
    """Say on stderr if the Bicep is newer than the snapshot, or the snapshot than what runs."""
    _print([*_of_edits(edited_since()), *_of_sandbox(running(state), digest())])


def _of_edits(files: Sequence[str]) -> list[str]:
    if not files:
        return []
    named = ", ".join(f"infra/bicep/{each}" for each in files)
    return [f"edited since the snapshot was written: {named}. To take it in: infra/bicep/snapshot"]


def _of_sandbox(report: Report | None, now: str) -> list[str]:
    is_other = report is not None and report.snapshot and now and report.snapshot != now
    return [_RESTART] if is_other else []


def _print(sentences: Sequence[str]) -> None:
    for each in sentences:
        err.print(Text.assemble(("note:", "bold yellow"), f" {each}"))
