"""A container's health check, asked as an engine asks it.

The first time is an interval after the start, each further one an interval after the last answer.
A failure counts once the start period is over or the container has been healthy.
https://docs.docker.com/reference/dockerfile/#healthcheck
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


@dataclass
class Health:
    """Asks `ask` in a thread of its own until it returns None, since the container has ended.

    `ask` is given the check's command and its timeout in seconds, and returns its status.
    """

    check: Mapping[str, Any]
    ask: Callable[[list[str], float], int | None]
    state: str = "starting"
    healthy_after: float | None = None
    _failures: int = 0
    _started: float = field(default_factory=time.monotonic)

    def start(self) -> None:
        """Begin to ask."""
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        interval, timeout = seconds(self.check["interval"]), seconds(self.check["timeout"])
        status: int | None = 0
        while status is not None:
            time.sleep(interval)
            status = self.ask(self.check["test"][1:], timeout)
            self._count(status)

    def _count(self, status: int | None) -> None:
        running = time.monotonic() - self._started
        if status == 0:
            self._failures, self.state = 0, "healthy"
            self.healthy_after = self.healthy_after or running
        elif self.healthy_after is not None or running > seconds(self.check["start_period"]):
            self._failures += 1
            if self._failures >= self.check["retries"]:
                self.state = "unhealthy"


def seconds(duration: str) -> float:
    """Read a duration as the compose file writes it: 1m30s."""
    parts = re.findall(r"(\d+)(ms|s|m|h)", duration)
    assert "".join(number + unit for number, unit in parts) == duration, duration
    return sum(int(number) * _UNITS[unit] for number, unit in parts)
