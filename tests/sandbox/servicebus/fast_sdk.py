"""The SDK without its sleeps, which take a second for each link that it opens and closes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from azure.servicebus import _base_handler, _servicebus_receiver, _servicebus_sender
from azure.servicebus._pyamqp import client


class _ShortSleeps(SimpleNamespace):
    """The module `time` with short sleeps."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        """Sleep, but not for long."""
        time.sleep(min(seconds, 0.01))


@contextmanager
def without_sleeps() -> Iterator[None]:
    """Shorten the SDK's sleeps to hundredths of a second, and change nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (_base_handler, _servicebus_receiver, _servicebus_sender, client):
            patch.setattr(module, "time", _ShortSleeps())
        yield
