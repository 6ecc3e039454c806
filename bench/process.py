"""Child processes of the bench, which exchange lines of JSON and end with their stdin."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.state import PROJECT

_GRACE = 30.0


class BenchError(RuntimeError):
    """A measurement failed; the message says why."""


class Process:
    """A module of the bench that runs in a process, until its stdin ends."""

    def __init__(self, module: str, environment: Mapping[str, str], log: Path) -> None:
        """Raises OSError if it cannot be started."""
        self._module, self._log = module, log
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                env=dict(environment),
                cwd=PROJECT,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin  # noqa: S101 - it was asked for
        assert self._process.stdout  # noqa: S101
        self._process.stdin.close()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def ask(self, **what: Any) -> Any:
        """Send a request and return its answer. Raises BenchError if it fails."""
        assert self._process.stdin  # noqa: S101
        try:
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None
        return self.answer()

    def answer(self) -> Any:
        """Return the next answer. Raises BenchError if it fails."""
        assert self._process.stdout  # noqa: S101
        line = self._process.stdout.readline()
        if not line:
            raise self._ended()
        said = json.loads(line)
        if isinstance(said, dict) and "error" in said:
            raise BenchError(f"{self._module}: {said['error']}")
        return said

    def _ended(self) -> BenchError:
        words = self._log.read_text("utf-8", "replace").strip()[-400:]
        return BenchError(f"{self._module} ended: {words}")
