"""The holder of a state's lock, at each moment of its life."""

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.lock import holder
from sandbox.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path)


@pytest.fixture
def taken(state: State) -> Iterator[int]:
    """The lock as a sandbox has taken it that has not written its id yet."""
    descriptor = os.open(state.path("lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield descriptor
    os.close(descriptor)


def of_the_past() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def write(descriptor: int, pid: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(pid).encode(), 0)


def test_a_lock_that_is_free_has_no_holder(state: State) -> None:
    assert holder(state) is None
    state.path("lock").write_text(str(os.getpid()))
    assert holder(state) is None, "its last holder has left its id"


@pytest.mark.parametrize("before", ["an id of the past", "nothing"])
def test_the_holder_is_asked_again_until_it_has_written_its_id(
    state: State, taken: int, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    if before != "nothing":
        write(taken, of_the_past())
    monkeypatch.setattr(time, "sleep", lambda _: write(taken, os.getpid()))
    assert holder(state) == os.getpid()


def test_an_id_of_another_machine_is_the_answer_all_the_same(state: State, taken: int) -> None:
    pid = of_the_past()
    write(taken, pid)
    assert holder(state) == pid


def test_a_holder_that_never_writes_its_id_is_not_waited_for(state: State, taken: int) -> None:
    assert os.fstat(taken).st_size == 0
    assert holder(state) is None
