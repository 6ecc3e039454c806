"""Health checks: alive without a request to Azure; ready once each right has been proved.

Role assignments may take effect minutes after a service starts. Until all have, /readyz lists the
rights that are missing. Later failures of a dependency take no replica out of rotation: all of
them would go at once, and users get a 503 anyway.
"""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask
from flask.typing import ResponseReturnValue

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Proof:
    """A right, as an operation on a scope, and the least invasive request that needs it."""

    operation: str
    scope: str
    prove: Callable[[], object]

    def __str__(self) -> str:
        return f"{self.operation} on {self.scope}"


class Readiness:
    """Proves each right once, in its own thread, with growing pauses between attempts."""

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
        """Start to prove the rights."""
        self._thread.start()

    def stop(self) -> None:
        """Stop; rights that are not proved yet stay so."""
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


def init_app(
    app: Flask, readiness: Readiness, *checks: Callable[[], bool], name_scopes: bool = True
) -> None:
    """Add /healthz, which is 503 when a check fails, and /readyz.

    A service that strangers can reach passes `name_scopes=False`.
    """

    @app.get("/healthz")
    def healthz() -> ResponseReturnValue:
        alive = all(is_alive() for is_alive in checks)
        return {"ok": alive}, 200 if alive else 503

    @app.get("/readyz")
    def readyz() -> ResponseReturnValue:
        failing = [_as_json(proof, name_scopes) for proof in readiness.failing]
        return {"ok": not failing, "failing": failing}, 503 if failing else 200


def _as_json(proof: Proof, name_scope: bool) -> dict[str, str]:
    return {"operation": proof.operation} | ({"scope": proof.scope} if name_scope else {})
