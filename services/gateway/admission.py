"""Admission control: rate limit, slots, slow bodies, draining. Nothing here is about identity.

`admission.init_app(app)` in app.py turns it on: without that line everything else works.

Each process counts for itself, so the bounds that hold are these numbers times the number of
processes. They keep one address from filling the queue by accident, and are no defence against
many addresses. A store shared by all replicas would be one more dependency that can fail.
"""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from math import ceil
from typing import IO

from flask import Flask, Request, Response, current_app, g, request
from gunicorn.http.errors import ParseException

from services.common.web import Problem
from services.gateway.images import MAX_BYTES

BURST = 300  # uploads of one address at once
PER_SECOND = 10  # and in the long run
MAX_ADDRESSES = 10_000  # in the table of the rate limit

# There are more threads than slots, so that some stay free for /healthz if anything hangs: storage,
# the catalog or a slow client. Otherwise the platform would restart the gateway.
THREADS = 60  # in each process; the slots below together take 52
MAX_UPLOADS = 24  # a connection stays with its process, which may get all uploads
MAX_STORING = 4  # of the uploads: the SDK holds an original in memory while it stores it
MAX_READS = 24
MAX_DRAINING = 4
_MAX_BODIES = 12  # of one address that are read at once
STORE_WAIT = 5.0  # seconds that an upload waits for a slot to be stored

# A thread of gunicorn waits for a body forever: neither it nor Werkzeug has a setting for that.
PERIOD, _LEAST_BYTES = 10.0, 100_000  # a body has to bring so many bytes in so many seconds
_DRAIN_SECONDS = 20.0
_CHUNK = 1 << 14
_RETRY = {"Retry-After": "5"}


def init_app(app: Flask) -> None:
    """Admit requests to /photos and below within the bounds above, and others as they come."""
    control = app.extensions["admission"] = _Control()
    app.before_request(control.admit)
    app.after_request(control.release_and_drain)
    app.teardown_request(_release)


@contextmanager
def storing() -> Iterator[None]:
    """Hold a slot while an original is stored; raises Problem when none is free in time."""
    control: _Control | None = current_app.extensions.get("admission")
    with _slot(control.storing, STORE_WAIT) if control else nullcontext():
        yield


class _Control:
    """The slots and buckets of one process."""

    def __init__(self) -> None:
        self._limit = RateLimit(BURST, PER_SECOND)
        self._lock, self._bodies = threading.Lock(), Counter[str]()  # read now, of each address
        self._uploads = threading.BoundedSemaphore(MAX_UPLOADS)
        self._reads = threading.BoundedSemaphore(MAX_READS)
        self._draining = threading.BoundedSemaphore(MAX_DRAINING)
        self.storing = threading.BoundedSemaphore(MAX_STORING)

    def admit(self) -> None:
        """Take the slots that a request needs until its end; raises Problem."""
        held = g.held = ExitStack()
        if not str(request.url_rule or "").startswith("/photos"):
            return
        if request.method != "POST":
            held.enter_context(_slot(self._reads))
            return
        held.enter_context(_slot(self._uploads))
        if wait := self._limit.take(address_of(request)):
            headers = {"Retry-After": str(ceil(wait))}
            raise Problem(429, "rate-limited", "Too many uploads", headers=headers)
        if not 0 < len(request.headers.get("Idempotency-Key", "none")) <= 255:
            title = "Idempotency-Key takes 1 to 255 characters"
            raise Problem(400, "bad-idempotency-key", title)
        reading = held.enter_context(ExitStack())
        reading.enter_context(self._one_body_of(address_of(request)))
        body = _Body(request, on_end=reading.close)
        reading.enter_context(body.watched())
        request.environ["wsgi.input"] = body

    def release_and_drain(self, response: Response) -> Response:
        """Read the rest of a refused body, within bounds.

        A client that is still sending could otherwise see a reset connection and no response.
        """
        _release()
        if response.status_code >= 400:
            with suppress(Problem, OSError, ParseException), _slot(self._draining):
                _drain(_Body(request))
        return response

    @contextmanager
    def _one_body_of(self, address: str) -> Iterator[None]:
        """Count a body while it is read; raises Problem if its address has too many."""
        with self._lock:
            if self._bodies[address] >= _MAX_BODIES:
                raise Problem(429, "rate-limited", "Too many uploads at once", headers=_RETRY)
            self._bodies[address] += 1
        try:
            yield
        finally:
            with self._lock:
                self._bodies -= Counter([address])  # which leaves no zero behind


def _release(_: BaseException | None = None) -> None:
    if held := g.pop("held", None):
        held.close()


@contextmanager
def _slot(slots: threading.Semaphore, wait: float = 0) -> Iterator[None]:
    if not slots.acquire(timeout=wait):
        raise Problem(503, "busy", "Too many requests at once", headers=_RETRY)
    try:
        yield
    finally:
        slots.release()


class _Body:
    """A request's body; its connection is shut for reading when it comes too slowly."""

    def __init__(self, request: Request, on_end: Callable[[], object] = bool) -> None:
        self._stream: IO[bytes] = request.environ["wsgi.input"]
        self._connection: socket.socket | None = request.environ.get("gunicorn.socket")
        self._bytes, self._too_slow = 0, False  # of this period
        self._on_end = on_end

    def read(self, size: int) -> bytes:
        """Return the next bytes, none at the end; raises Problem when they came too slowly."""
        data = self._stream.read(size)
        if not data:
            self._on_end()
            if self._too_slow:
                raise Problem(408, "too-slow", "The photo comes too slowly")
        self._bytes += len(data)
        return data

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the pace of the connection, which a test client lacks."""
        ended = threading.Event()
        if self._connection:
            threading.Thread(
                target=self._watch, args=(self._connection, ended), daemon=True
            ).start()
        try:
            yield
        finally:
            ended.set()

    def _watch(self, connection: socket.socket, ended: threading.Event) -> None:
        while not (ended.wait(PERIOD) or self._too_slow):
            self._too_slow, self._bytes = self._bytes < _LEAST_BYTES, 0
        with suppress(OSError):  # the client may have disconnected
            if self._too_slow:
                connection.shutdown(socket.SHUT_RD)


def _drain(body: _Body) -> None:
    until, left = time.monotonic() + _DRAIN_SECONDS, 2 * MAX_BYTES
    with body.watched():
        while left > 0 and time.monotonic() < until and (chunk := body.read(min(left, _CHUNK))):
            left -= len(chunk)


class RateLimit:
    """A token bucket for each address: at most `burst` at once, `per_second` in the long run."""

    def __init__(
        self, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}  # tokens used, and when (s)

    def take(self, address: str) -> float:
        """Take a token and return 0, or return the seconds until the next one."""
        with self._lock:
            now = self._clock()
            used, at = self._buckets.pop(address, (0, now))
            used = max(0, used - (now - at) * self._per_second)
            missing = used + 1 - self._burst
            self._buckets[address] = (used if missing > 0 else used + 1), now
            if len(self._buckets) > MAX_ADDRESSES:
                del self._buckets[next(iter(self._buckets))]  # the one unseen for longest
            return max(0, missing / self._per_second)


def address_of(request: Request) -> str:
    """Return the last address in X-Forwarded-For, which the ingress appends.

    All addresses before it are the client's own claims.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    return forwarded.rpartition(",")[2].strip() or request.remote_addr or ""
