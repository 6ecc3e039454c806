"""Child processes are kept running, and end when they must."""

import asyncio
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.supervisor import processes
from sandbox.supervisor.processes import Child
from sandbox.supervisor.program import Program

GUARD = Path("sandbox/guard/process_guard.py")
WRITES_ITS_PID = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "


def program(tmp_path: Path, then: str, grace: float = 5) -> Program:
    return Program(
        name="program",
        command=(sys.executable, "-c", WRITES_ITS_PID + then, str(tmp_path / "pids")),
        environment={"PATH": os.environ["PATH"]},
        folder=tmp_path,
        log=tmp_path / "log",
        grace=grace,
    )


def pids(tmp_path: Path) -> list[int]:
    path = tmp_path / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def guarded(program: Program) -> int:
    """Run a program under a guard until it ends; return the guard's status."""
    guard = [sys.executable, "-I", str(GUARD), "5", "", *program.command]
    with subprocess.Popen(guard, stdin=subprocess.PIPE) as process:
        return process.wait()


async def started(child: Child, when: Callable[[], bool]) -> None:
    await child.start()
    await asyncio.to_thread(wait_until, when)


def run(child: Child, when: Callable[[], bool]) -> float:
    """Start, wait and stop; return the seconds that stopping took."""

    async def whole() -> float:
        await started(child, when)
        begun = time.monotonic()
        await child.stop()
        return time.monotonic() - begun

    return asyncio.run(whole())


def test_a_program_that_crashes_is_started_again(tmp_path: Path) -> None:
    first_crashes = "len(open(sys.argv[1]).readlines()) < 2 and sys.exit(3); time.sleep(60)"
    child = Child(program(tmp_path, first_crashes))
    run(child, lambda: len(pids(tmp_path)) == 2)
    assert child.restarts == 1
    assert all(map(is_gone, pids(tmp_path)))


@pytest.mark.parametrize(("ran_well", "crashes"), [(0, [0, 0, 0, 0]), (math.inf, [1, 2, 3, 4])])
def test_a_program_that_ran_well_does_not_wait_longer_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ran_well: float, crashes: list[int]
) -> None:
    counted: list[int] = []

    def no_pause(crashes: int) -> float:
        counted.append(crashes)
        return 0

    monkeypatch.setattr(processes, "_RAN_WELL", ran_well)
    monkeypatch.setattr(processes, "_pause", no_pause)
    run(Child(program(tmp_path, "sys.exit(1)")), lambda: len(pids(tmp_path)) >= 5)
    assert counted[:4] == crashes


def test_the_wait_doubles_up_to_a_limit() -> None:
    assert [processes._pause(crashes) for crashes in (0, 1, 2, 5000)] == [0.2, 0.4, 0.8, 10]


@pytest.fixture
def an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that has crashed is started again after an hour."""
    monkeypatch.setattr(processes, "_pause", lambda _: 3600)


def test_a_program_that_must_be_alone_waits_for_the_one_before(tmp_path: Path) -> None:
    alone = replace(program(tmp_path, "time.sleep(60)"), lock=tmp_path / "lock")
    first, second = Child(alone), Child(alone)

    async def whole() -> tuple[list[int], bool]:
        await started(first, lambda: bool(pids(tmp_path)))
        await second.start()
        await asyncio.sleep(0.5)
        before = pids(tmp_path)
        await first.stop()
        await asyncio.to_thread(wait_until, lambda: len(pids(tmp_path)) == 2)
        ended = is_gone(before[0])
        await second.stop()
        return before, ended

    before, ended = asyncio.run(whole())
    assert len(before) == 1
    assert ended


def test_a_program_that_is_stopped_is_not_started_again(tmp_path: Path) -> None:
    child = Child(program(tmp_path, "time.sleep(60)"))
    run(child, lambda: bool(pids(tmp_path)))
    assert child.restarts == 0
    assert len(pids(tmp_path)) == 1


@pytest.mark.usefixtures("an_hour")
def test_stopping_does_not_wait_for_the_next_try(tmp_path: Path) -> None:
    child = Child(program(tmp_path, "sys.exit(1)"))
    assert run(child, child.crashed.is_set) < 3600


def test_a_program_that_will_not_end_is_killed_after_its_grace(tmp_path: Path) -> None:
    stubborn = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "open(sys.argv[1] + '.deaf', 'w').close(); time.sleep(60)"
    )
    child = Child(program(tmp_path, stubborn, grace=0.3))
    seconds = run(child, (tmp_path / "pids.deaf").exists)
    assert seconds >= 0.3
    assert all(map(is_gone, pids(tmp_path)))


def test_a_program_whose_sandbox_was_killed_has_no_grace(tmp_path: Path) -> None:
    deaf = (
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "open(sys.argv[1] + '.deaf', 'w').close(); time.sleep(60)"
    )
    guard = [sys.executable, "-I", str(GUARD), "60", "", *program(tmp_path, deaf).command]
    with subprocess.Popen(guard, stdin=subprocess.PIPE) as process:
        wait_until((tmp_path / "pids.deaf").exists)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(50) == 128 + signal.SIGKILL


HOLDS_A_GUARD = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-I", *sys.argv[1:]], stdin=subprocess.PIPE)
time.sleep(60)
"""


def test_a_program_ends_when_the_holder_of_its_guard_is_killed(tmp_path: Path) -> None:
    guard = (str(GUARD.resolve()), "5", "", *program(tmp_path, "time.sleep(60)").command)
    holder = subprocess.Popen([sys.executable, "-c", HOLDS_A_GUARD, *guard])
    wait_until(lambda: bool(pids(tmp_path)))
    (pid,) = pids(tmp_path)
    assert not is_gone(pid)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    wait_until(lambda: is_gone(pid))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_program_ends_when_its_guard_gets_the_signal_that_ends_the_holder(
    tmp_path: Path, number: signal.Signals
) -> None:
    guard = (str(GUARD.resolve()), "5", "", *program(tmp_path, "time.sleep(60)").command)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_GUARD, *guard],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(lambda: bool(pids(tmp_path)))
    (pid,) = pids(tmp_path)
    os.killpg(holder.pid, number)
    holder.wait()
    wait_until(lambda: is_gone(pid))


def test_what_a_program_has_started_ends_with_it(tmp_path: Path) -> None:
    child = repr(WRITES_ITS_PID + "time.sleep(60)")
    starts_another = (
        f"import subprocess; subprocess.Popen([sys.executable, '-c', {child}, sys.argv[1]]);\n"
        "while len(open(sys.argv[1]).readlines()) < 2: time.sleep(0.02)"
    )
    assert guarded(program(tmp_path, starts_another)) == 0
    assert len(pids(tmp_path)) == 2
    wait_until(lambda: all(map(is_gone, pids(tmp_path))))


@pytest.mark.parametrize(("then", "status"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", 137)])
def test_a_guard_passes_on_how_its_program_ended(tmp_path: Path, then: str, status: int) -> None:
    assert guarded(program(tmp_path, then)) == status


@pytest.mark.usefixtures("an_hour")
def test_the_exit_reason_is_that_of_the_last_run(tmp_path: Path) -> None:
    says = "print(len(open(sys.argv[1]).readlines()), flush=True); sys.exit(1)"
    child = Child(program(tmp_path, says))
    (tmp_path / "log").write_text("what another sandbox has left\n")
    run(child, child.crashed.is_set)
    assert child.exit_reason == "1"
