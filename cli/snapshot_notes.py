"""Notes on the limits of the snapshot: later edits, a different running one, ignored settings."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from rich.text import Text

from cli.terminal import err
from sandbox.commands import KEYLESS
from sandbox.deployment import Deployment, digest, edited_since, ignored, load, source
from sandbox.deployment.short_names import short_scope
from sandbox.state import PROJECT, State
from sandbox.supervisor import Report, running

LAST_COMPILED = "there is no Bicep CLI: {} was taken as last compiled, without later edits"
_NOT_APPLIED = (
    f"the running sandbox has another deployment than {{}}; to apply it: {KEYLESS} apply."
)


def warn_of_edits(state: State) -> None:
    """Note on stderr that the Bicep was edited after its snapshot was written."""
    _print(_of_edits(edited_since(source(state))))


def warn_of_left_out(state: State, path: Path | None = None) -> None:
    """Note on stderr the parts of the deployment that are not served, evaluated or heeded.

    `path` is its snapshot, by default the one of the next start.
    """
    # A broken snapshot fails the start, with its own error.
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        path = path or source(state)
        deployment = load(state, path)
        _print([*left_out(deployment), *ignored(path)])


def left_out(deployment: Deployment) -> Iterator[str]:
    """Yield a sentence for each type, and each resource, that the deployment leaves out.

    The types beside the planes of the project's own deployment are in docs/sandbox.md.
    """
    types = Counter(each.type for each in deployment.left_out if not each.why)
    if types and not deployment.is_own:
        counted = (f"{kind} ({number})" for kind, number in sorted(types.items()))
        yield f"not served here: {', '.join(counted)}"
    for each in deployment.left_out:
        if each.why:
            named = short_scope(each.name)
            kind = each.type.rpartition("/")[2]
            yield f"{named if named.startswith(kind) else f'{kind} {named}'}: {each.why}"
    for unsure in deployment.not_evaluated:
        assigned = unsure.assignment
        whom = deployment.names.get(assigned.principal_id, assigned.principal_id)
        yield f"{whom}'s role on {short_scope(assigned.scope)} grants nothing: {unsure.why}"
    if not deployment.is_own:
        names = ", ".join(each.name for each in deployment.apps) or "there is none"
        yield f"no service is started; step into an app by {KEYLESS} as or env: {names}"


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
