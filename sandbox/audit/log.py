"""The audit on disk: one JSON object a line, written before what it speaks of is carried out."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from sandbox.audit.record import Outcome, Record

FILE = "audit.jsonl"


class Audit:
    """Appends records; each is in the operating system's hands when `write` returns."""

    def __init__(self, path: Path) -> None:
        """Raises OSError if the file cannot be written."""
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, record: Record) -> None:
        """Append one record, whole. Raises OSError when the disk refuses it."""
        present = {name: value for name, value in asdict(record).items() if value}
        line = json.dumps(present, ensure_ascii=False) + "\n"
        os.write(self._descriptor, line.encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        os.close(self._descriptor)


def read(path: Path) -> Iterator[Record]:
    """All records so far."""
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from (parse(line) for line in file if line.endswith("\n"))


def follow(path: Path, goes_on: Callable[[], bool], pause: float = 0.2) -> Iterator[Record]:
    """All records, then those that come, until `goes_on()` is false. `pause` is in seconds."""
    position = 0
    while True:
        last_round = not goes_on()
        if path.exists():
            with path.open("rb") as file:
                file.seek(position)
                whole, _, _ = file.read().rpartition(b"\n")
            if whole:
                position += len(whole) + 1
                yield from (parse(line) for line in whole.decode().split("\n"))
        if last_round:
            return
        time.sleep(pause)


def parse(line: str) -> Record:
    """A line of the audit. Raises ValueError if it is none."""
    fields = json.loads(line)
    fields["outcome"] = Outcome(fields["outcome"])
    fields["missing"] = tuple(fields.get("missing", ()))
    return Record(**fields)
