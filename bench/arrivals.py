"""The arrival of photos in the gallery's index, from the catalog's log.

A client that polls the gallery instead costs more than the photos do: with 16 at once, two thirds
of the processor time went into answers that a photo was not ready yet.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from bench.process import BenchError

_PAUSE = 0.01
_PATIENCE = 60.0
_RECORDED = "Recorded as "


class Arrivals:
    """The state of each photo that the catalog has recorded; threads may share it."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._change = threading.Condition()

    def add(self, line: bytes) -> None:
        """Note the photo of a line of the log, if it tells of one."""
        try:
            said = json.loads(line)
            message, photo = said["message"], said["photo"]
        except (ValueError, TypeError, KeyError):
            return
        if message.startswith(_RECORDED):
            with self._change:
                self._states[photo] = message.removeprefix(_RECORDED)
                self._change.notify_all()

    def wait_for(self, photo: str, patience: float = _PATIENCE) -> None:
        """Return once `photo` has been processed. Raises BenchError if it has not in time."""
        with self._change:
            self._change.wait_for(lambda: photo in self._states, patience)
            state = self._states.get(photo, f"not recorded within {patience:.0f} s")
        if state != "processed":
            raise BenchError(f"a photo was {state}")


@contextmanager
def followed(log: Path) -> Iterator[Arrivals]:
    """Yield the arrivals from now on that a growing log tells of. Raises OSError."""
    arrivals, ended = Arrivals(), threading.Event()
    with log.open("rb") as file:
        file.seek(0, 2)
        thread = threading.Thread(target=_follow, args=(file, arrivals, ended))
        thread.start()
        try:
            yield arrivals
        finally:
            ended.set()
            thread.join()


def _follow(file: BinaryIO, arrivals: Arrivals, ended: threading.Event) -> None:
    begun = b""
    while not ended.is_set():
        *lines, begun = (begun + file.read()).split(b"\n")
        for line in lines:
            arrivals.add(line)
        time.sleep(_PAUSE)
