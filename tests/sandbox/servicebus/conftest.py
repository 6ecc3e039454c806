"""One bus for all tests that can share it; those that need their own make it themselves."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from azure.servicebus import _base_handler, _servicebus_receiver, _servicebus_sender
from azure.servicebus._pyamqp import client

from tests.sandbox.servicebus.harness import Running


class _Hurried(SimpleNamespace):
    """The module `time` with short sleeps."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        """Sleep, but not for long."""
        time.sleep(min(seconds, 0.01))


@pytest.fixture(scope="session", autouse=True)
def hurried_sdk() -> Iterator[None]:
    """The SDK sleeps a second for each link that it opens and closes. Nothing else is changed."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (_base_handler, _servicebus_receiver, _servicebus_sender, client):
            patch.setattr(module, "time", _Hurried())
        yield


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running bus, of whose entities each test leaves none with messages in it."""
    with Running(tmp_path_factory.mktemp("bus")) as running:
        yield running
