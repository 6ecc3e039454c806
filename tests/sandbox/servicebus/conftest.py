"""One bus for all tests that can share it; those that need their own make it themselves."""

from collections.abc import Iterator

import pytest

from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.hurried import hurried


@pytest.fixture(scope="session", autouse=True)
def hurried_sdk() -> Iterator[None]:
    """Most of the time that these tests would take is the SDK's sleep."""
    with hurried():
        yield


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running bus, of whose entities each test leaves none with messages in it."""
    with Running(tmp_path_factory.mktemp("bus")) as running:
        yield running
