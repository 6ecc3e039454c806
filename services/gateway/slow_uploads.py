"""Keeps slow uploads from taking all places. Not about identity: copy the others without it.

A thread of gunicorn waits for a body for ever; neither it nor Werkzeug has a setting for that.
"""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from services.common.web import Problem

PERIOD, LEAST = 10.0, 100_000  # seconds over which the pace is taken; bytes in that time
AGAIN = {"Retry-After": "5"}
SHARE = 12  # bodies of one address that are read at once, in each process


class Pace:
    """Stops to read from a connection whose body comes too slowly."""

    too_slow, came = False, 0  # bytes in this period

    @contextmanager
    def kept(self, connection: socket.socket | None) -> Iterator[None]:
        """Watch a connection; None, as a test client has it, is not watched."""
        done = threading.Event()
        if connection:
            threading.Thread(target=self._watch, args=(connection, done), daemon=True).start()
        try:
            yield
        finally:
            done.set()

    def _watch(self, connection: socket.socket, done: threading.Event) -> None:
        while not (done.wait(PERIOD) or self.too_slow):
            self.too_slow, self.came = self.came < LEAST, 0
        with suppress(OSError):  # its sender may have gone
            if self.too_slow:
                connection.shutdown(socket.SHUT_RD)


class Shares:
    """How many bodies of each address are being read."""

    def __init__(self) -> None:
        self._lock, self._read = threading.Lock(), Counter[str]()

    @contextmanager
    def share(self, address: str) -> Iterator[None]:
        """Count one more; raises Problem if the address has its share."""
        with self._lock:
            if self._read[address] >= SHARE:
                raise Problem(429, "rate-limited", "Too many uploads at once", headers=AGAIN)
            self._read[address] += 1
        try:
            yield
        finally:
            with self._lock:
                self._read -= Counter([address])  # which leaves no zero behind
