"""One bus for all tests that can share it. Tests that need their own start one."""

from collections.abc import Iterator
from pathlib import Path
from weakref import WeakKeyDictionary

import pytest

from sandbox.servicebus.amqp.engine import Engine
from tests.sandbox.servicebus.broker import Setup
from tests.sandbox.servicebus.fast_sdk import without_sleeps
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.strict import Reader, ViolationError


@pytest.fixture(scope="session", autouse=True)
def hurried_sdk() -> Iterator[None]:
    """Shorten the SDK's sleeps, which would be most of these tests' time."""
    with without_sleeps():
        yield


@pytest.fixture(scope="session", autouse=True)
def violations() -> Iterator[list[str]]:
    """Collect a strict client's refusals of all that the buses of this process send."""
    readers: WeakKeyDictionary[Engine, Reader] = WeakKeyDictionary()
    found: list[str] = []
    output = Engine.output

    def read(engine: Engine) -> bytes:
        data = output(engine)
        reader = readers.setdefault(engine, Reader())
        reader.largest = engine._transport.remote_max_frame_size or reader.largest
        try:
            reader.read(data)
        except ViolationError as violation:
            found.append(str(violation))
        return data

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "output", read)
        yield found


@pytest.fixture(autouse=True)
def strictly_read(violations: list[str]) -> Iterator[None]:
    """Fail a test during which the bus sent something that AMQP's specification forbids."""
    yield
    found = list(violations)
    violations.clear()
    assert not found


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """Return a broker without a network."""
    return Setup(tmp_path / "bus.sqlite")


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a running bus. Each test leaves its entities empty."""
    with Running(tmp_path_factory.mktemp("bus")) as running:
        yield running
