"""The journal of the partner's deliveries: one JSON object a line, written before the answer."""

import errno
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.broken_files import BrokenFileError

FILE = "partner.jsonl"


@dataclass(frozen=True)
class Delivery:
    """One call of the partner's webhook.

    `type`, `photo` and `body` are set only for a valid signature, `body` only for a new id;
    `repeated` counts earlier deliveries of this id; `reason` is that of a refusal.
    """

    time: str
    answer: str
    id: str = ""
    type: str = ""
    photo: str = ""
    repeated: int = 0
    body: str = ""
    reason: str = ""

    @property
    def verified(self) -> bool:
        return self.answer == "204"


class Journal:
    """Appends deliveries; `write` returns once the operating system has them."""

    def __init__(self, path: Path) -> None:
        """Raises OSError if the file cannot be written, ValueError if it is broken."""
        self._taken = Counter(each.id for each in read(path) if each.verified)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        # A full disk may have left an incomplete line.
        whole = path.read_bytes().rpartition(b"\n")
        os.ftruncate(self._descriptor, len(whole[0] + whole[1]))

    def times_taken(self, delivery_id: str) -> int:
        """Return how often a delivery with this id was accepted."""
        return self._taken[delivery_id]

    def write(self, delivery: Delivery) -> None:
        """Append one complete delivery. Raises OSError if the disk is full."""
        present = {name: value for name, value in asdict(delivery).items() if value}
        content = (json.dumps(present) + "\n").encode()
        before = os.fstat(self._descriptor).st_size
        if os.write(self._descriptor, content) < len(content):
            # An incomplete line would corrupt the next one.
            os.ftruncate(self._descriptor, before)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if delivery.verified:
            self._taken[delivery.id] += 1

    def close(self) -> None:
        os.close(self._descriptor)


def read(path: Path) -> Iterator[Delivery]:
    """Yield all deliveries in order. Raises ValueError, which names the file, if it is broken."""
    if path.exists():
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from (_parsed(line, path) for line in file if line.endswith("\n"))


def _parsed(line: str, path: Path) -> Delivery:
    try:
        return Delivery(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise BrokenFileError(path, error) from error
