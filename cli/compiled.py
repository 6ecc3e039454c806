"""The snapshot of a deployment: compiled from its Bicep and rehearsed, or as it is."""

import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cli.rehearse import rehearsal_of
from infra.rehearsal.declarations import declaration
from infra.rehearsal.files import FilesError, NoCompilerError, compiler
from infra.rehearsal.findings import Finding, Severity
from sandbox.deployment import REGISTRATION, SNAPSHOT
from sandbox.deployment.given_snapshot import GivenError, given_snapshot, is_bicep, template_of
from sandbox.state import PROJECT, State

BICEP = SNAPSHOT.parent

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

    `sources` are the checksums of the Bicep that it was compiled from just now, else empty. `note`
    says why it was not rehearsed.
    """

    text: str
    source: Path
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

    Raises CompileError, RefusedError, FilesError, or OSError if it cannot be read.
    """
    if is_bicep(source):
        return _of_other_bicep(state, source)
    if reason := _why_not_compiled(source):
        return Compiled(_text(source), source, note=reason)
    with ThreadPoolExecutor() as together:
        rehearsed = together.submit(_refusals, _TEMPLATE, _PARAMETERS)
        made = together.submit(_compile)
        # What does not compile cannot be rehearsed, and the compiler's message is the better one.
        found = made.result()
        if refusals := rehearsed.result():
            raise RefusedError(refusals)
    return found


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
    """Rehearse first: the compiled snapshot is also that of the next start."""
    template = template_of(source)
    if refusals := _refusals(template, None if source == template else source):
        raise RefusedError(refusals)
    try:
        made = given_snapshot(state, source)
    except GivenError as error:
        raise CompileError(str(error)) from error
    return Compiled(made.read_text("utf-8"), made)


def _why_not_compiled(source: Path) -> str:
    """Return why `source` is taken as it is; empty if it is compiled."""
    if source != SNAPSHOT or not _TEMPLATE.is_file():
        return _NO_BICEP
    try:
        compiler()
    except NoCompilerError:
        return _NO_COMPILER
    return ""


def _compile() -> Compiled:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [_SCRIPT, "--into", folder], capture_output=True, encoding="utf-8", check=False
        )
        if done.returncode:
            raise CompileError(_as_written(done.stderr.removeprefix("snapshot: ")))
        made = Path(folder, SNAPSHOT.name)
        sources = made.with_suffix(".sources")
        return Compiled(made.read_text("utf-8"), SNAPSHOT, sources.read_text("utf-8"))


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


__all__ = ["CompileError", "Compiled", "FilesError", "RefusedError", "compiled", "followed"]
