"""A proxy on a free port, run by a loop in another thread, so that real clients can call it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.audit import FILE, Audit, Gate
from sandbox.rbac import Policy
from sandbox.state import State
from tests.sandbox.edge.harness import Desk, Run


@pytest.fixture
def run() -> Iterator[Run[Any]]:
    """Runs a coroutine on a loop in another thread; at the end no task may be left there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(20)
    left = asyncio.run_coroutine_threadsafe(_tasks_left(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert not left


async def _tasks_left() -> list[str]:
    for _ in range(500):
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if not left:
            break
        await asyncio.sleep(0.02)
    return [repr(each) for each in left]


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


@pytest.fixture
def gate(state: State) -> Iterator[Gate]:
    audit = Audit(state.path(FILE))
    yield Gate(Policy([]), audit)
    audit.close()


@pytest.fixture
def desk(run: Run[Any], state: State, gate: Gate, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The edge."""
    desk = Desk(run, state, gate)
    desk.open(1.0 if "hasty" in request.fixturenames else 20.0)
    yield desk
    run(desk.edge.stop())
    with pytest.raises(ConnectionRefusedError):
        desk.connect(b"")


@pytest.fixture
def hasty(desk: Desk) -> Desk:
    """The edge, giving up after a second."""
    return desk
