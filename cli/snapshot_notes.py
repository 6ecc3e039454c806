"""Notes on the limits of the snapshot: later edits, a different running one, ignored settings."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.text import Text

from cli.terminal import err
from sandbox.commands import KEYLESS
from sandbox.deployment import SNAPSHOT, SnapshotError, digest, edited_since, ignored, source
from sandbox.state import PROJECT, State
from sandbox.supervisor import Report, running

_NOT_APPLIED = (
    f"the running sandbox has another deployment than {{}}; to apply it: {KEYLESS} apply."
)


def warn_of_edits() -> None:
    """Note on stderr that the Bicep was edited after its snapshot was written."""
    _print(_of_edits(edited_since()))


def warn_of_ignored(path: Path = SNAPSHOT) -> None:
    """Note on stderr which settings of the deployment the sandbox ignores."""
    # A broken snapshot fails the start, with its own error.
    with suppress(SnapshotError, LookupError, TypeError, AttributeError):
        _print(ignored(path))


def warn_if_stale(state: State) -> None:
    """Note on stderr that the Bicep is newer than the snapshot, or the running one older."""
    snapshot = source(state)
    _print([*_of_edits(edited_since(snapshot)), *_of_sandbox(running(state), snapshot)])


def _of_edits(files: Sequence[str]) -> list[str]:
    if not files:
        return []
    named = ", ".join(f"infra/bicep/{each}" for each in files)
    return [f"edited since the last snapshot: {named}. To update it: infra/bicep/snapshot"]


def _of_sandbox(report: Report | None, snapshot: Path) -> list[str]:
    now = digest(snapshot)
    is_other = report is not None and report.snapshot and now and report.snapshot != now
    return [_NOT_APPLIED.format(shown(snapshot))] if is_other else []


def shown(path: Path) -> str:
    """Return a path as people write it: relative to the project where it is in it."""
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


def _print(sentences: Sequence[str]) -> None:
    for each in sentences:
        err.print(Text.assemble(("note:", "bold yellow"), f" {each}"))
