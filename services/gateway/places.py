"""How many requests may be busy at once: fewer than there are threads.

Whatever hangs, be it storage, the catalog or a slow client, some threads stay free for /healthz.
Otherwise the platform would restart a gateway for a fault that is not its own.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from gunicorn.http.errors import ParseException

from services.common.web import Problem
from services.gateway.images import MAX_BYTES
from services.gateway.slow_uploads import Pace

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

THREADS = 60  # in each process; all the places below together take 52
UPLOADS = 24  # a connection stays with the process that took it, so one may get them all
STORING = 4  # of the uploads: the SDK holds an original in memory while it stores it
READS = 24
DRAINS = 4
PATIENCE = 5.0  # seconds that an upload waits for a place to be stored
LONGEST_DRAIN = 20.0  # seconds
CHUNK = 1 << 14


@contextmanager
def place(places: threading.Semaphore, wait: float = 0) -> Iterator[None]:
    """Hold one of the places; raises Problem when none gets free within `wait` seconds."""
    if not places.acquire(timeout=wait):
        raise Problem(503, "busy", "Too many requests at once", headers={"Retry-After": "5"})
    try:
        yield
    finally:
        places.release()


def drain(environ: "WSGIEnvironment", places: threading.Semaphore) -> None:
    """Read what is left of a refused body, within bounds.

    A client that is still sending may otherwise hear a reset connection and not the answer.
    """
    body, until, left = environ["wsgi.input"], time.monotonic() + LONGEST_DRAIN, 2 * MAX_BYTES
    pace = Pace()
    with (
        place(places),
        pace.kept(environ.get("gunicorn.socket")),
        suppress(OSError, ParseException),
    ):
        while left > 0 and time.monotonic() < until and (chunk := body.read(min(left, CHUNK))):
            left -= len(chunk)
            pace.came += len(chunk)
