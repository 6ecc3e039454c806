"""Health: alive without asking anybody; ready once each right has been proved.

Roles may reach Azure minutes after a service starts. Until all have, /readyz says which are
missing. Afterwards a dependency that fails takes nothing out of rotation: every replica would go
at once, and the users see 503 anyway.
"""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint
from flask.typing import ResponseReturnValue

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Proof:
    """One right: an operation on a scope, and the mildest real request that shows it."""

    operation: str
    scope: str
    prove: Callable[[], object]

    def __str__(self) -> str:
        return f"{self.operation} on {self.scope}"


class Readiness:
    """Proves each right once, in a thread of its own, with growing pauses between attempts."""

    def __init__(self, proofs: Sequence[Proof], longest_pause: float = 15) -> None:
        self._failing = list(proofs)
        self._longest_pause = longest_pause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="readiness", daemon=True)

    @property
    def failing(self) -> Sequence[Proof]:
        """The rights that have not been proved yet."""
        return tuple(self._failing)

    def start(self) -> None:
        """Begin to prove."""
        self._thread.start()

    def stop(self) -> None:
        """Give up what is not proved yet."""
        self._stopping.set()

    def _run(self) -> None:
        pause = 0.25
        while self._failing and not self._stopping.is_set():
            self._failing = [proof for proof in self._failing if not _passes(proof)]
            if self._failing:
                self._stopping.wait(pause * random.uniform(0.8, 1.2))  # noqa: S311
                pause = min(pause * 2, self._longest_pause)
        log.info("Ready" if not self._failing else "Stopped before ready")


def _passes(proof: Proof) -> bool:
    try:
        proof.prove()
    except Exception as error:  # each SDK raises its own kinds
        right = {"operation": proof.operation, "scope": proof.scope}
        log.warning("Not proved yet: %s: %s", proof, error, extra=right)
        return False
    return True


def blueprint(
    readiness: Readiness, is_alive: Callable[[], bool], *, name_scopes: bool = True
) -> Blueprint:
    """Return /healthz and /readyz; an external service leaves the scopes unnamed."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> ResponseReturnValue:
        alive = is_alive()
        return {"ok": alive}, 200 if alive else 503

    @health.get("/readyz")
    def readyz() -> ResponseReturnValue:
        failing = [_as_json(proof, name_scopes) for proof in readiness.failing]
        return {"ok": not failing, "failing": failing}, 503 if failing else 200

    return health


def _as_json(proof: Proof, name_scope: bool) -> dict[str, str]:
    return {"operation": proof.operation} | ({"scope": proof.scope} if name_scope else {})
