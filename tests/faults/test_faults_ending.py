"""Whatever ends a command, and whenever: no traceback, no process, no port, and the next works."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sandbox.state import PROJECT, State
from sandbox.supervisor import holder, running
from tests.conftest import keyless
from tests.faults.faults import left_behind, one_sentence, started_once
from tests.faults.terminal import Terminal

BEGUN = "the command begins"
AFTER_PYTHONS_START = (
    sys.executable,
    "-c",
    "import runpy, signal; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    f"print({BEGUN!r}, flush=True); runpy.run_module('cli', run_name='__main__', alter_sys=True)",
)
Way = Callable[[Terminal], None]


def ctrl_c(terminal: Terminal) -> None:
    terminal.press_ctrl_c()


def twice(terminal: Terminal) -> None:
    terminal.press_ctrl_c()
    terminal.look_for(0.3)
    if terminal.process.poll() is None:
        terminal.press_ctrl_c()


def closed(terminal: Terminal) -> None:
    terminal.close()


def terminated(terminal: Terminal) -> None:
    terminal.process.terminate()


UP, DETACH, DEMO = (
    ["up", "--port", "0"],
    ["up", "--detach", "--port", "0"],
    ["demo", "--port", "0"],
)


@pytest.mark.parametrize(
    ("command", "way"),
    [
        *((UP, each) for each in (ctrl_c, twice, terminated, closed)),
        (DETACH, ctrl_c),
        *((DEMO, each) for each in (ctrl_c, terminated)),
    ],
)
def test_a_command_that_is_ended_at_any_moment_leaves_nothing(
    tmp_path: Path, command: Sequence[str], way: Way
) -> None:
    """At any moment from its own first line on: before that, the signals are Python's."""
    moment = random.Random(f"{command}{way.__name__}").uniform(0.15, 4.5)  # noqa: S311 - a test that can be repeated
    terminal = Terminal(tmp_path, command, AFTER_PYTHONS_START)
    try:
        terminal.look_for(100, BEGUN)
        terminal.look_for(moment)
        way(terminal)
        terminal.wait()
    finally:
        terminal.process.kill()
        terminal.close()
    assert "Traceback" not in terminal.output, (moment, terminal.output)
    assert "Aborted" not in terminal.output
    wait_until(lambda: not left_behind(str(tmp_path)), str(tmp_path))
    assert holder(State.open(tmp_path)) is None
    started_once(State.open(tmp_path))


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A sandbox that is up, in a terminal of its own."""
    state = tmp_path_factory.mktemp("up") / "state"
    terminal = Terminal(state, UP)
    wait_until(lambda: running(State.open(state)) is not None, str(state))
    yield state
    terminal.process.terminate()
    terminal.wait()
    terminal.close()


def test_down_during_a_start_ends_it(tmp_path: Path) -> None:
    starting = spawned(tmp_path)
    wait_until(lambda: holder(State.open(tmp_path)) is not None, str(tmp_path))
    assert keyless(tmp_path, "down").stdout == "Ended.\n"
    assert starting.wait(100) == 0
    assert left_behind(str(tmp_path)) == []


def test_what_starts_is_said_to_start_and_is_ended_by_down(tmp_path: Path) -> None:
    state = State.open(tmp_path)
    code = "from sandbox.lock import *; take(State(Path({!r}))); time.sleep(60)"
    imports = "import time; from pathlib import Path; from sandbox.state import State; "
    starting = subprocess.Popen([sys.executable, "-c", imports + code.format(str(tmp_path))])
    wait_until(lambda: holder(state) is not None, str(tmp_path))
    assert "is starting or ending" in one_sentence(keyless(tmp_path, "status"))
    assert "already running" in one_sentence(keyless(tmp_path, "up", "--detach"))
    ending = spawned(tmp_path, "down")
    assert starting.wait(100) == -signal.SIGTERM
    assert ending.wait(100) == 0


def test_of_two_downs_both_see_the_end(tmp_path: Path) -> None:
    starting = spawned(tmp_path)
    wait_until(lambda: holder(State.open(tmp_path)) is not None, str(tmp_path))
    downs = [spawned(tmp_path, "down") for _ in range(2)]
    assert [each.wait(100) for each in downs] == [0, 0]
    assert starting.wait(100) == 0
    assert keyless(tmp_path, "down").stdout == "Nothing is running.\n"


def test_told_to_end_until_it_has_ended_it_ends_as_it_should(tmp_path: Path) -> None:
    starting = spawned(tmp_path)
    wait_until(lambda: holder(State.open(tmp_path)) is not None, str(tmp_path))
    while starting.poll() is None:
        starting.terminate()
        time.sleep(0.0005)
    assert starting.returncode == 0, starting.communicate()


def test_of_two_starts_at_once_one_wins_and_the_other_says_so(tmp_path: Path) -> None:
    both = [spawned(tmp_path, *each) for each in (UP, DETACH)]
    wait_until(lambda: any(each.poll() is not None for each in both), str(tmp_path))
    loser, winner = sorted(both, key=lambda each: each.poll() is None)
    output = loser.communicate()[1]
    assert loser.returncode == 69
    assert "a sandbox is already running on" in output
    assert "Traceback" not in output
    assert keyless(tmp_path, "down").stdout == "Ended.\n"
    assert winner.wait(100) in {0, 69}
    assert left_behind(str(tmp_path)) == []


def test_what_a_kill_has_left_is_nobodys_process(tmp_path: Path, endpoints: Path) -> None:
    state = State.open(tmp_path)
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    report = json.loads((endpoints / "sandbox.json").read_text())
    state.write_json("sandbox.json", report | {"pid": bystander.pid})
    state.write("lock", str(bystander.pid).encode())
    assert keyless(tmp_path, "down").stdout == "Nothing is running.\n"
    assert "no sandbox is running" in one_sentence(keyless(tmp_path, "status"))
    started = spawned(tmp_path)
    wait_until(lambda: holder(state) == started.pid, str(tmp_path))
    assert keyless(tmp_path, "down").stdout == "Ended.\n"
    assert started.wait(100) == 0
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_a_kill_leaves_no_process_and_the_next_start_works(tmp_path: Path) -> None:
    killed = spawned(tmp_path)
    wait_until(lambda: running(State.open(tmp_path)) is not None, str(tmp_path))
    killed.kill()
    killed.wait()
    started_once(State.open(tmp_path))
    wait_until(lambda: not left_behind(str(tmp_path)), str(tmp_path))


def test_under_nohup_a_sandbox_outlives_its_terminal(tmp_path: Path) -> None:
    shell = ["sh", "-c", 'trap "" HUP; exec "$0" -m cli "$@"', sys.executable]
    terminal = Terminal(tmp_path, UP, shell)
    wait_until(lambda: holder(State.open(tmp_path)) is not None, str(tmp_path))
    terminal.close()
    wait_until(lambda: running(State.open(tmp_path)) is not None, str(tmp_path))
    assert keyless(tmp_path, "down").stdout == "Ended.\n"
    assert terminal.process.wait(100) == 0


@pytest.mark.parametrize("command", ["trace", "trace --json", "status"])
def test_whoever_stops_reading_gets_no_traceback(endpoints: Path, command: str) -> None:
    words = [sys.executable, "-m", "cli", *command.split()]
    environment = {**os.environ, "KEYLESS_STATE": str(endpoints)}
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            words,
            stdout=closed,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=PROJECT,
            text=True,
            check=False,
        )
    assert done.stderr == ""


def test_a_sandbox_whose_reader_has_gone_ends_and_leaves_nothing(tmp_path: Path) -> None:
    starting = spawned(tmp_path)
    assert starting.stdout is not None
    starting.stdout.close()
    assert starting.wait(100) != 0
    assert starting.stderr is not None
    assert starting.stderr.read() == ""
    assert left_behind(str(tmp_path)) == []


_spawned: list["subprocess.Popen[str]"] = []


@pytest.fixture(autouse=True)
def ended() -> Iterator[None]:
    """A test that fails leaves nothing running either."""
    yield
    for process in _spawned:
        process.terminate()
        process.communicate()
    _spawned.clear()


def spawned(state: Path, *command: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *(command or UP)],
        env={**os.environ, "KEYLESS_STATE": str(state)},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    _spawned.append(process)
    return process


def wait_until(true: Callable[[], bool], text: str) -> None:
    deadline = time.monotonic() + 100
    while not true():
        assert time.monotonic() < deadline, left_behind(text)
        time.sleep(0.05)
