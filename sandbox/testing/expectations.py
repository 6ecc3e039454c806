"""Expectations on the audit: a block of a test in which a request must be allowed, or denied."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.audit import FILE, Outcome, Record, follow
from sandbox.deployment.short_names import short_scope
from sandbox.printable import printable
from sandbox.state import State

_MARKS = {
    Outcome.ISSUED: "token",
    Outcome.ALLOWED: "allowed",
    Outcome.DENIED: "DENIED",
    Outcome.REFUSED: "refused",
}
_NOTHING = "the audit has nothing: no request reached the sandbox in this block"
_MOST_LINES = 20


@contextmanager
def expected(
    outcome: Outcome, state: State, action: str, identity: str, resource: str
) -> Iterator[list[Record]]:
    """Check at the end of the block that the audit has such a decision since its beginning.

    Yields a list that has the matching records after the block. An error in the block goes on, if
    the expectation is met. Raises AssertionError, with the records of the block.
    """
    __tracebackhide__ = True
    begun, found = _size(state.path(FILE)), list[Record]()

    def check() -> str:
        """Return the sentence on an expectation that is not met; empty if it is."""
        records = since(state, begun)
        alike = [each for each in records if _is_about(each, action, identity, resource)]
        found[:] = [each for each in alike if each.outcome is outcome]
        what = _in_words(outcome, action, identity, resource)
        if not found:
            return f"expected {what}, but {_seen(records)}"
        if outcome is Outcome.ALLOWED and (denied := _denied(alike)):
            return f"expected {what}, and one was denied: {line(denied[0])}"
        # The sandbox evaluates no condition and no group, and names such an assignment.
        if outcome is Outcome.DENIED and (unsure := [each for each in found if each.reason]):
            return f"expected {what}, which is not sure: {unsure[0].reason}"
        return ""

    try:
        yield found
    except Exception as error:
        if unmet := check():
            raise AssertionError(unmet) from error
        raise
    if unmet := check():
        raise AssertionError(unmet)


def since(state: State, position: int = 0) -> list[Record]:
    """Return the records of the audit from a position in its file on."""
    return list(follow(state.path(FILE), lambda: False, after=position))


def line(record: Record) -> str:
    """Return a record as a line for the reader of a test."""
    who = printable(record.identity) or "(unknown)"
    mark = f"{_MARKS[record.outcome]:<8} {who}"
    match record.outcome:
        case Outcome.ISSUED:
            return f"{mark} for {printable(record.resource)}"
        case Outcome.REFUSED:
            return (
                f"{mark} {record.service} {printable(record.operation)}: {printable(record.reason)}"
            )
        case Outcome.DENIED:
            roles = " or ".join(record.missing[:2]) or "no known role"
            return f"{mark} {record.action} on {short_scope(record.scope)}; {roles} would allow it"
        case Outcome.ALLOWED:
            role = record.role or "no role"
            return f"{mark} {record.action} on {short_scope(record.scope)}, by {role}"


def _is_about(record: Record, action: str, identity: str, resource: str) -> bool:
    return (
        _ends(record.action, action)
        and (not identity or record.identity == identity)
        and (not resource or _ends(record.scope, resource))
    )


def _ends(whole: str, wanted: str) -> bool:
    """Return whether `wanted` is `whole` or its last parts; people leave out a last `/action`."""
    ending = f"/{wanted.strip('/').lower()}"
    return f"/{whole.lower()}".endswith((ending, f"{ending}/action"))


def _denied(records: Iterable[Record]) -> Sequence[Record]:
    return [each for each in records if each.outcome is Outcome.DENIED]


def _in_words(outcome: Outcome, action: str, identity: str, resource: str) -> str:
    who, on = f"{identity}'s " if identity else "", f" on {resource}" if resource else ""
    return f"{who}{action}{on} to be {outcome.value}"


def _seen(records: Sequence[Record]) -> str:
    if not records:
        return _NOTHING
    lines = [f"  {line(each)}" for each in records[:_MOST_LINES]]
    more = len(records) - len(lines)
    lines += [f"  ... and {more} more"] if more else []
    return "\n".join(["the audit has:", *lines])


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
