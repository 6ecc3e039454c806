"""The latest records of the audit, read from its end."""

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.audit import Outcome, Record, parse

# The records that are kept, and the bytes that one reading may take.
MOST = 300
LONGEST = 512 * 1024


@dataclass(frozen=True)
class Entry:
    """A record of the audit, by its number in this feed."""

    number: int
    record: Record


class Feed:
    """Keeps the latest records of an audit; a reading costs at most LONGEST bytes.

    A burst that is longer loses its oldest records here, and nothing in the audit.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._last = 0
        self._entries = deque[Entry](maxlen=MOST)
        self._telemetry = set[str]()

    @property
    def last(self) -> int:
        """The number of the latest record; 0 without one."""
        return self._last

    def after(self, number: int = 0) -> list[Entry]:
        """Return the kept records after `number`, oldest first, the newest of the file included."""
        self._read()
        return [each for each in self._entries if each.number > number]

    def _read(self) -> None:
        for line in self._new_lines():
            try:
                record = parse(line.decode())
            except ValueError:
                continue
            if not self._is_repeated(record):
                self._last += 1
                self._entries.append(Entry(self._last, record))

    def _new_lines(self) -> Iterator[bytes]:
        try:
            size = os.stat(self._path).st_size
        except FileNotFoundError:
            return
        if size == self._position:
            return
        begin = self._position if size > self._position else 0  # a new file, under the same name
        start = max(begin, size - LONGEST)
        with self._path.open("rb") as file:
            file.seek(start)
            whole, end, _ = file.read(size - start).rpartition(b"\n")
        self._position = start + len(whole) + len(end)
        lines = whole.split(b"\n")
        yield from lines[1:] if start > begin else lines  # the first may be the rest of a line

    def _is_repeated(self, record: Record) -> bool:
        """Return whether a record is telemetry under a token that was seen: it never stops."""
        if record.service != "telemetry" or record.outcome is not Outcome.ALLOWED:
            return False
        if record.token_id in self._telemetry:
            return True
        if len(self._telemetry) >= MOST:
            self._telemetry.clear()
        self._telemetry.add(record.token_id)
        return False
