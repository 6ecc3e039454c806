"""The times of a lab's checks: a denial of their own requests is nothing to grant a role for."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sandbox.audit import Record, now
from sandbox.state import State

_FILE = "checks.json"
_KEPT = 100


@contextmanager
def checking(state: State) -> Iterator[None]:
    """Keep the begin and the end of the block. Raises BrokenFileError or OSError."""
    begun = now()
    try:
        yield
    finally:
        state.write_json(_FILE, [*_times(state), [begun, now()]][-_KEPT:])


def without_checks(state: State, records: Iterable[Record]) -> Iterator[Record]:
    """Yield the records of other times than those of the checks. Raises BrokenFileError."""
    times = _times(state)
    for each in records:
        if not any(begun <= each.time <= ended for begun, ended in times):
            yield each


def _times(state: State) -> list[list[str]]:
    return list(state.read_json(_FILE) or ())
