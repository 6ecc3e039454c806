"""The fastest Service Bus in Python that still keeps each message: it checks and counts nothing.

proton opens the connection and its links, as in the baseline. From the first link to an entity on,
frames are read at fixed offsets, as the bench's clients write them: their messages have no header
and no annotations. Each is stored in SQLite before it is acknowledged, as in the sandbox, and
deleted before its completion is confirmed. Answers are bytes that were prepared.
"""

import sqlite3
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.baseline.broker import Broker
from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.performatives import DISPOSITION, FLOW, TRANSFER
from sandbox.servicebus.amqp.sections import described
from sandbox.servicebus.serve.message import BrokerProperties, with_broker_properties
from sandbox.servicebus.serve.subqueue import lock_id

_CBS = "$cbs"
_CODE, _FIELDS = 10, 14
# By their constructors: nulls, booleans and uints.
_SIZES = {0x40: 1, 0x41: 1, 0x42: 1, 0x43: 1, 0x52: 2, 0x56: 2, 0x70: 5}
_NO_CREDIT = (b"\x43", b"\x52\x00")
_SETTLED_AS_ACCEPTED = encode.NULL + encode.boolean(True) + b"\x00\x53\x24\x45"
_ENDLESS_CREDIT = 1 << 30
_TAG = "0123456789abcdef"
_LOCKED_FOR = 3600
# Places in a message, found by the values that are put there first.
_SEQUENCE, _ENQUEUED, _LOCKED_UNTIL = 1 << 60, 1 << 30, 1 << 31
_PRAGMAS = ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL")


class Kept:
    """The messages of all connections, in a file."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        for pragma in (*_PRAGMAS, "wal_autocheckpoint=4000"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY, content BLOB)")
        self._waiting: deque[int] = deque()

    def __len__(self) -> int:
        """Return how many messages are stored, delivered ones included."""
        return int(self._database.execute("SELECT count(*) FROM messages").fetchone()[0])

    def add(self, content: bytes) -> None:
        """Store a message; a statement of its own is a transaction."""
        added = self._database.execute("INSERT INTO messages (content) VALUES (?)", (content,))
        self._waiting.append(added.lastrowid or 0)

    def take(self) -> tuple[int, bytes]:
        """Return the next message, and its number. Raises IndexError if there is none."""
        number = self._waiting.popleft()
        found = self._database.execute("SELECT content FROM messages WHERE id = ?", (number,))
        return number, found.fetchone()[0]

    def delete(self, number: int) -> None:
        """Delete a message that was completed."""
        self._database.execute("DELETE FROM messages WHERE id = ?", (number,))


class Bound(Broker):
    """One connection, as the baseline's, with one link beside those of `$cbs`."""

    def __init__(self, kept: Kept, write: Callable[[bytes], None]) -> None:
        super().__init__(write)
        self._kept = kept
        self._answer = write
        self._is_open = self._receives = False
        self._count = 0
        self._given: dict[int, int] = {}

    def feed(self, data: bytes) -> None:
        """Answer whole frames: the clients of the bench send no other once their link is open."""
        if not self._is_open:
            super().feed(data)
            return
        for frame in _frames(data):
            code = frame[_CODE] if len(frame) > _CODE else 0
            if code == TRANSFER:
                self._kept.add(frame[_FIELDS - 1 + frame[_FIELDS - 2] :])
                self._answer(_disposition(encode.boolean(True), _field(frame, 1)))
            elif code == DISPOSITION:
                number = _field(frame, 1)
                self._kept.delete(self._given.pop(int.from_bytes(number[1:], "big")))
                self._answer(_disposition(encode.boolean(False), number))
            elif code != FLOW:
                super().feed(frame)
            elif self._receives and _field(frame, 6) not in _NO_CREDIT:
                self._deliver()

    def _deliver(self) -> None:
        sequence, content = self._kept.take()
        self._count += 1
        self._given[self._count] = sequence
        self._answer(_transfer(self._count, sequence, content))

    def _attached(self, event: Any) -> None:
        super()._attached(event)
        link = event.link
        if _CBS in (link.remote_source.address, link.remote_target.address):
            return
        self._is_open, self._receives = True, not link.is_receiver
        if link.is_receiver:
            link.flow(_ENDLESS_CREDIT)


def _frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        yield data[at : at + size]
        at += size


def _field(frame: bytes, index: int) -> bytes:
    """Return a raw field, before which there are only booleans and uints."""
    at = _FIELDS
    for _ in range(index):
        at += _SIZES[frame[at]]
    return frame[at : at + _SIZES[frame[at]]]


def _disposition(role: bytes, number: bytes) -> bytes:
    fields = role + number + _SETTLED_AS_ACCEPTED
    listed = bytes((0xC0, len(fields) + 1, 5)) + fields
    return struct.pack(">IHH", len(listed) + 11, 0x0200, 0) + described(DISPOSITION, listed)


def _transfer(number: int, sequence: int, content: bytes) -> bytes:
    """Return a message in its frame. Its lock's token is the same as that of all others."""
    now = int(time.time() * 1000)
    size = len(_BEFORE_NUMBER) + len(_AFTER_NUMBER) + 36 + sum(map(len, _BETWEEN)) + len(content)
    return b"".join(
        (
            struct.pack(">IHH", size, 0x0200, 0),
            _BEFORE_NUMBER,
            struct.pack(">I", number),
            _AFTER_NUMBER,
            _BETWEEN[0],
            struct.pack(">q", sequence),
            _BETWEEN[1],
            struct.pack(">q", now),
            _BETWEEN[2],
            struct.pack(">q", now + _LOCKED_FOR * 1000),
            _BETWEEN[3],
            content,
        )
    )


def _around_number() -> tuple[bytes, bytes]:
    """Return a transfer up to its delivery's number, a uint of four bytes, and the rest."""
    before = encode.uint(2) + b"\x70"  # the handle of the third link
    after = encode.binary(_TAG.encode()) + encode.uint(0)
    listed = bytes((0xC0, len(before) + 4 + len(after) + 1, 4))
    return described(TRANSFER, listed + before), after


def _around_values() -> list[bytes]:
    """Return the broker's sections of a message, cut where the message's own values go."""
    values = BrokerProperties(
        sequence=_SEQUENCE,
        origin=0,
        enqueued=_ENQUEUED,
        deliveries=0,
        time_to_live=None,
        locked_until=_LOCKED_UNTIL,
        lock_token=lock_id(_TAG),
    )
    rest, cut = with_broker_properties(b"", values), []
    for value in (_SEQUENCE, _ENQUEUED * 1000, _LOCKED_UNTIL * 1000):
        before, _, rest = rest.partition(struct.pack(">q", value))
        cut.append(before)
    return [*cut, rest]


_BEFORE_NUMBER, _AFTER_NUMBER = _around_number()
_BETWEEN = _around_values()
