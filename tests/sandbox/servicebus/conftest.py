"""One bus for all tests that can share it; those that need their own make it themselves."""

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import pytest

from sandbox.servicebus.amqp.engine import Engine
from tests.sandbox.servicebus.fast_sdk import without_sleeps
from tests.sandbox.servicebus.harness import Running
from tests.sandbox.servicebus.strict import Reader, ViolationError


@pytest.fixture(scope="session", autouse=True)
def hurried_sdk() -> Iterator[None]:
    """Most of the time that these tests would take is the SDK's sleep."""
    with without_sleeps():
        yield


@pytest.fixture(scope="session", autouse=True)
def violations() -> Iterator[list[str]]:
    """What a strict client would not take of all that leaves the buses of this process."""
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
    """Let a test fail after which the bus has said what AMQP's specification does not allow."""
    yield
    found = list(violations)
    violations.clear()
    assert not found


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running bus, of whose entities each test leaves none with messages in it."""
    with Running(tmp_path_factory.mktemp("bus")) as running:
        yield running
