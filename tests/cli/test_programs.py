"""A program in the place of the command line: its status, signals and files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.programs import run
from sandbox.state import PROJECT

RUN = "import os, sys; from cli.programs import run; sys.exit(run({command}, os.environ, 0))"
# It says that it has started, then how it was ended.
PATIENT = """
import signal, sys, time
def heard(number, _):
    print(signal.Signals(number).name, flush=True)
    sys.exit(7)
signal.signal(signal.{name}, heard)
print("there", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("raise SystemExit(0)", 0),
        ("raise SystemExit(5)", 5),
        ("import os; os.kill(os.getpid(), 9)", 137),
    ],
)
def test_its_status_is_the_programs(ending: str, status: int) -> None:
    assert run([sys.executable, "-c", ending], os.environ, 0o022) == status


def test_a_program_that_is_none_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        run(["no-such-program"], os.environ, 0o022)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"])
def test_a_signal_goes_on_to_the_program_whose_status_still_counts(name: str) -> None:
    command = [sys.executable, "-c", PATIENT.format(name=name)]
    outer = [sys.executable, "-c", RUN.format(command=command)]
    with subprocess.Popen(outer, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        process.send_signal(getattr(signal, name))
        assert process.stdout.readline() == f"{name}\n"
        assert process.wait(30) == 7


def test_a_terminals_ctrl_c_reaches_the_program_once(tmp_path: Path) -> None:
    """The terminal sends it to both, so forwarding it would double it."""
    command = [sys.executable, "-c", COUNTING]
    outer = [sys.executable, "-c", RUN.format(command=command)]
    pid, terminal = os.forkpty()
    if pid == 0:
        os.chdir(PROJECT)
        os.execv(outer[0], outer)  # noqa: S606
    printed = b""
    while b"there" not in printed:
        printed += os.read(terminal, 100)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 1


# Ends with how often it was interrupted, a second after the first time.
COUNTING = """
import signal, sys, time
times = []
signal.signal(signal.SIGINT, lambda *_: times.append(1))
print("there", flush=True)
while not times:
    time.sleep(0.05)
time.sleep(1)
sys.exit(len(times))
"""


def test_what_it_writes_has_the_users_own_mask(tmp_path: Path) -> None:
    made = tmp_path / "made"
    assert run(["touch", str(made)], os.environ, 0o022) == 0
    assert made.stat().st_mode & 0o777 == 0o644
