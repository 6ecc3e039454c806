"""One bus for all tests that can share it; those that need their own make it themselves."""

from collections.abc import Iterator

import pytest

from tests.sandbox.servicebus.harness import Running


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running bus, of whose entities each test leaves none with messages in it."""
    with Running(tmp_path_factory.mktemp("bus")) as running:
        yield running
