"""The snapshot of a deployment: compiled from its Bicep and rehearsed, or as it is."""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from cli.rehearse import rehearsal_of
from cli.snapshot_notes import LAST_COMPILED
from infra.rehearsal.declarations import declaration
from infra.rehearsal.files import FilesError, has_compiler
from infra.rehearsal.findings import Finding, Severity
from sandbox.deployment import REGISTRATION, SNAPSHOT, given_snapshot, origin
from sandbox.deployment.given_snapshot import (
    check_file,
    compile_bicep,
    is_bicep,
    keep,
    last_compiled,
    template_of,
)
from sandbox.deployment.on_disk import OnDisk, OnDiskError
from sandbox.state import PROJECT, State

BICEP = SNAPSHOT.parent

_Made = TypeVar("_Made")

_TEMPLATE, _PARAMETERS = BICEP / "main.bicep", BICEP / "sandbox.bicepparam"
_SCRIPT = BICEP / "snapshot"
_SOURCES = SNAPSHOT.with_suffix(".sources")
_NO_COMPILER = "there is no Bicep CLI: the snapshot was taken as it is, its order was not looked at"
_NO_BICEP = "a snapshot does not show the order of its deployment, which was not looked at"


class CompileError(ValueError):
    """A Bicep file that does not compile; the message is the compiler's."""


class RefusedError(ValueError):
    """A deployment that Azure would refuse; each finding has its place in the Bicep."""

    def __init__(self, findings: Sequence[tuple[str, Finding]]) -> None:
        super().__init__(f"Azure would refuse this deployment: {len(findings)} faults")
        self.findings = findings


@dataclass(frozen=True)
class Compiled:
    """A snapshot's text and where it is from.

    `bicep` is the other deployment's file that it was compiled from. `sources` are the checksums
    of the project's own Bicep if it was compiled just now. `note` says why it was not rehearsed.
    """

    text: str
    source: Path
    bicep: Path | None = None
    sources: str = ""
    note: str = ""

    def write(self) -> bool:
        """Write a compiled snapshot beside its Bicep; return whether it is new. Raises OSError."""
        if not self.sources or SNAPSHOT.read_text("utf-8") == self.text:
            return False
        SNAPSHOT.write_text(self.text, "utf-8")
        _SOURCES.write_text(self.sources, "utf-8")
        return True


def compiled(state: State, source: Path) -> Compiled:
    """Return the snapshot of `source`; the project's own is compiled and rehearsed if possible.

    Other Bicep is, too, and `state` keeps its snapshot for later starts.

    Raises CompileError, GivenError, RefusedError, FilesError, or OSError if it cannot be read.
    """
    check_file(source)
    if is_bicep(source):
        return _of_other_bicep(state, source)
    if reason := _why_not_compiled(source):
        return Compiled(_text(source), source, note=reason)
    return _rehearsed(_compile, _TEMPLATE, _PARAMETERS)


def read_disk(state: State, named: Path | None = None) -> OnDisk:
    """Return a deployment for the page, by default that of the next start. Raises OnDiskError."""
    try:
        found = compiled(state, named or origin(state))
    except RefusedError as error:
        reasons = (
            f"{place}: {each.what}. Fix: {each.mend}" if place else f"{each.what}. Fix: {each.mend}"
            for place, each in error.findings
        )
        raise OnDiskError(str(error), tuple(reasons)) from error
    except (FilesError, OSError, ValueError) as error:
        raise OnDiskError(str(error)) from error
    return OnDisk(found.text, found.source, found.bicep, found.note, found.write)


def will_compile(source: Path) -> bool:
    """Return whether `compiled` runs the Bicep CLI, which takes seconds."""
    return given_snapshot.will_compile(source) or not _why_not_compiled(source)


def followed(source: Path) -> tuple[Path, ...]:
    """Return the files that `source` depends on: the project's Bicep, or the snapshot itself."""
    if is_bicep(source):
        return (*sorted(template_of(source).parent.rglob("*.bicep")), source)
    if _why_not_compiled(source):
        return (source, REGISTRATION)
    files = (each for kind in ("*.bicep", "*.bicepparam") for each in BICEP.rglob(kind))
    return (*sorted(files), BICEP / "bicepconfig.json", REGISTRATION)


def _text(source: Path) -> str:
    """Return the text of a snapshot. Raises OSError, or CompileError if it is no text."""
    try:
        return source.read_text("utf-8")
    except ValueError as error:
        raise CompileError(f"{source} is no Bicep snapshot: {error}") from error


def _of_other_bicep(state: State, source: Path) -> Compiled:
    """Keep only what was rehearsed: the compiled snapshot is also that of the next start."""
    if last := last_compiled(state, source):
        return Compiled(_text(last), last, source, note=LAST_COMPILED.format(source))
    template = template_of(source)
    parameters = None if source == template else source
    made = _rehearsed(partial(compile_bicep, source), template, parameters)
    return Compiled(made.decode(), keep(state, source, made), source)


def _rehearsed(compile_: Callable[[], _Made], template: Path, parameters: Path | None) -> _Made:
    """Return what `compile_` makes of a template, which is rehearsed meanwhile.

    Raises the errors of `compile_`, RefusedError or FilesError.
    """
    with ThreadPoolExecutor() as together:
        rehearsed = together.submit(_refusals, template, parameters)
        # What does not compile cannot be rehearsed, and the compiler's message is the better one.
        made = together.submit(compile_).result()
        if refusals := rehearsed.result():
            raise RefusedError(refusals)
    return made


def _why_not_compiled(source: Path) -> str:
    """Return why `source` is taken as it is; empty if it is compiled."""
    if source != SNAPSHOT or not _TEMPLATE.is_file():
        return _NO_BICEP
    return "" if has_compiler() else _NO_COMPILER


def _compile() -> Compiled:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [_SCRIPT, "--into", folder], capture_output=True, encoding="utf-8", check=False
        )
        if done.returncode:
            raise CompileError(_as_written(done.stderr.removeprefix("snapshot: ")))
        made = Path(folder, SNAPSHOT.name)
        sources = made.with_suffix(".sources")
        return Compiled(made.read_text("utf-8"), SNAPSHOT, sources=sources.read_text("utf-8"))


def _refusals(template: Path, parameters: Path | None) -> list[tuple[str, Finding]]:
    """Return the findings for which Azure would refuse the deployment, each with its place."""
    rehearsed = rehearsal_of(template, parameters)
    found = [each for each in rehearsed.findings if each.severity is Severity.REFUSED]
    return [(_place(template, each.resource), each) for each in found]


def _place(template: Path, resource: str) -> str:
    # Simple templates are compiled without the symbols that would lead to a line.
    return _as_written(str(declaration(template, resource) or template))


def _as_written(text: str) -> str:
    """Return a text whose paths are relative to the project."""
    return text.replace(f"{PROJECT}/", "").strip()


__all__ = [
    "CompileError",
    "Compiled",
    "FilesError",
    "RefusedError",
    "compiled",
    "followed",
    "will_compile",
]
