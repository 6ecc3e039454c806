"""A rate limit for uploads: a token bucket for each address, in this process alone.

Every worker process of every replica counts for itself, so the bound that holds is these numbers
times the number of processes. It keeps one address from filling the queue by accident; it is no
defence against many addresses. A store shared by all replicas would be one more dependency, and
one more way for an upload to fail.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Request

BURST = 300  # uploads of one address at once
PER_SECOND = 10  # and in the long run
TABLE_SIZE = 10_000


@dataclass(frozen=True)
class Bucket:
    """Tokens that were left at a time (s)."""

    tokens: float
    at: float


class RateLimit:
    """At most `burst` at once, and `per_second` in the long run, for each address."""

    def __init__(
        self,
        burst: float = BURST,
        per_second: float = PER_SECOND,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, Bucket] = {}

    def take(self, address: str) -> float:
        """Take one token; returns 0, or the seconds until there is one."""
        with self._lock:
            now = self._clock()
            tokens = self._tokens(self._buckets.get(address), now)
            if tokens < 1:
                return (1 - tokens) / self._per_second
            if len(self._buckets) >= TABLE_SIZE:
                self._forget_full(now)
            self._buckets[address] = Bucket(tokens - 1, now)
            return 0

    def _tokens(self, bucket: Bucket | None, now: float) -> float:
        if bucket is None:
            return self._burst
        return min(self._burst, bucket.tokens + (now - bucket.at) * self._per_second)

    def _forget_full(self, now: float) -> None:
        used = {a: b for a, b in self._buckets.items() if self._tokens(b, now) < self._burst}
        self._buckets = used if len(used) < TABLE_SIZE else {}


def address_of(request: Request) -> str:
    """Return the address that the ingress appended to X-Forwarded-For: the last one.

    All before it are the client's own claims.
    """
    forwarded = request.headers.get("X-Forwarded-For", "")
    return forwarded.rpartition(",")[2].strip() or request.remote_addr or ""
