"""The audit on disk: one JSON object a line, written before the request is carried out."""

import errno
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from sandbox.printable import printable

FILE = "audit.jsonl"

_encoded = json.JSONEncoder(ensure_ascii=False).encode


class Outcome(StrEnum):
    """The outcome of a request."""

    ISSUED = "issued"
    ALLOWED = "allowed"
    DENIED = "denied"
    REFUSED = "refused"


@dataclass(frozen=True)
class Record:
    """A line of the audit: an issued token, a decision, or a request that proved nothing.

    `service` is the Azure service (blob, vault, bus, telemetry, identity, login, arm, graph) and
    `identity` the caller, by the name of its identity. `missing` are the roles of which one would
    have allowed the request; `reason` is why it was refused without a decision. An issued token's
    `role` are the app roles in it, and its `why` tells that it came from the endpoint's cache. No
    record holds a token or a secret. A request by an account key has no `identity`, and the key as
    its `role`. `credential` is the proof of a request that came without a token of its `identity`,
    such as a user delegation SAS.
    """

    time: str
    service: str
    outcome: Outcome
    operation: str
    identity: str = ""
    principal_id: str = ""
    action: str = ""
    scope: str = ""
    role: str = ""
    assignment: str = ""
    why: str = ""
    missing: tuple[str, ...] = ()
    reason: str = ""
    token_id: str = ""
    resource: str = ""
    credential: str = ""

    def naming(self, apis: Mapping[str, str]) -> "Record":
        """Return this record with the name of the API that its token is for, by the API's id."""
        name = apis.get(self.resource)
        return replace(self, resource=name) if name else self


class AuditError(OSError):
    """The disk refuses a record, so the request must not be carried out."""


class Audit:
    """Appends records; each is in the operating system's hands when `write` returns."""

    def __init__(self, path: Path) -> None:
        """Raises OSError if the file cannot be written."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        size = os.fstat(self._descriptor).st_size
        self._torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"

    def write(self, record: Record) -> None:
        """Append one record, whole. Raises AuditError when the disk refuses it."""
        present = ((name, value) for name, value in vars(record).items() if value)
        line = "{" + ", ".join(f'"{name}": {_as_json(value)}' for name, value in present) + "}\n"
        # A line that a full disk has cut short must not take the next one with it.
        content = ("\n" * self._torn + line).encode("utf-8", "backslashreplace")
        try:
            written = os.write(self._descriptor, content)
        except OSError as error:
            raise AuditError(error.errno, error.strerror) from error
        self._torn = written < len(content)
        if self._torn:
            raise AuditError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        os.close(self._descriptor)


@lru_cache(maxsize=1024)
def _as_json(value: str | tuple[str, ...]) -> str:
    """Return a value of a record in JSON. It is kept, because most values are in many records."""
    return printable(_encoded(value))


def read(path: Path, left_out: Callable[[bytes], object] = bytes) -> Iterator[Record]:
    """Yield all records so far; `left_out` is called with each line that is not a record."""
    if path.exists():
        with path.open("rb") as file:
            yield from _records((line for line in file if line.endswith(b"\n")), left_out)


def follow(
    path: Path, goes_on: Callable[[], bool], pause: float = 0.2, after: int = 0
) -> Iterator[Record]:
    """Yield all records, then the new ones, until `goes_on()` is false.

    `pause` is in seconds; `after` is how many bytes of the file to leave out.
    """
    position = after
    while True:
        last_round = not goes_on()
        if path.exists():
            with path.open("rb") as file:
                file.seek(position)
                whole, end, _ = file.read().rpartition(b"\n")
            position += len(whole) + len(end)
            yield from _records(whole.split(b"\n"))
        if last_round:
            return
        time.sleep(pause)


def parse(line: str) -> Record:
    """Return the record in a line of the audit. Raises ValueError."""
    try:
        fields = json.loads(line)
        fields["outcome"] = Outcome(fields["outcome"])
        fields["missing"] = tuple(fields.get("missing", ()))
        return Record(**fields)
    except (TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"not a record of the audit: {error}") from error


def _records(
    lines: Iterable[bytes], left_out: Callable[[bytes], object] = bytes
) -> Iterator[Record]:
    for line in lines:
        try:
            record = parse(line.decode())
        except ValueError:
            if line.strip():
                left_out(line)
            continue
        yield record


def now() -> str:
    """Return the time as the audit writes it: ISO 8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
