"""Finding the sandbox that runs, starting one in the background, and ending it."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from cli.options import ASSUME
from cli.terminal import fail, one_sentence, undisturbed
from sandbox.commands import KEYLESS
from sandbox.deployment import load
from sandbox.state import PROJECT, State, StateError
from sandbox.supervisor import Report, ServiceReport, holder, running

AS_DEVELOPER = "--as"
_LONGEST_START = 120.0
_LATE = f"not all was ready within {_LONGEST_START:.0f} seconds"
# In seconds. A service gets 10 to end by itself. Together they leave 2 of 15 for the command.
_LONGEST_END = 11.0
_LONGEST_KILL = 2.0
_LONGEST_ANSWER = 5.0
_PAUSE = 0.05
# A service that has ended so often without ever being ready will not be ready by waiting.
_HOPELESS = 3


def the_running(state: State) -> Report:
    """The sandbox that runs on `state`; ends the command with one sentence if none does."""
    report = running(state)
    if report is None and holder(state) is not None:
        fail(f"the sandbox on {state.root} is starting or ending.")
    if report is None:
        fail(f"no sandbox is running on {state.root}; start one with {KEYLESS} up.")
    return report


def start_detached(
    state: State,
    port: int | None,
    told: Callable[[Report], None],
    options: Sequence[str] = (),
    *,
    stays: bool = False,
) -> Report:
    """Start a sandbox in the background and return when all of it is ready.

    `told` is called with each report on the way; `options` are more of those of `up`. Ends the
    command if the sandbox ends instead, and the sandbox if the command is ended or waits in vain.
    With `stays`, returns as soon as the services are overdue or keep ending, and ends nothing.
    """
    log = state.path("sandbox.log")
    with one_sentence(StateError, OSError, ValueError, KeyError):
        state.check_room()
        if not stays and AS_DEVELOPER not in options:
            _refuse_in_vain(state)
        before = log.stat().st_size if log.exists() else 0
        process = _spawned(state, port, log, options)
    try:
        return _when_ready(state, process, told, partial(_last_words, log, before), stays=stays)
    except BaseException:
        with undisturbed():
            end_process(process)
        raise


def _refuse_in_vain(state: State) -> None:
    """A service whose identity has no role never gets ready, so nobody shall wait for it.

    What is wrong with the deployment itself, the sandbox says at its start.
    """
    try:
        deployment = load(state)
    except (ValueError, KeyError):
        return
    assigned = {each.principal_id for each in deployment.assignments}
    services = {app.name for app in deployment.apps}
    for each in deployment.principals:
        if each.name in services and each.former_ids and each.principal_id not in assigned:
            fail(
                f"{each.name} was made anew and has no role, so it does not get ready; give it its"
                f" roles by {KEYLESS} deploy, or see it denied by {KEYLESS} up."
            )


class End(Enum):
    """How a sandbox ended."""

    BY_ITSELF = "by itself"
    KILLED = "killed"
    NOT_AT_ALL = "not at all"


def end(state: State) -> End:
    """End the sandbox that runs on `state` and wait for it: told at first, by SIGKILL at last.

    What it has started ends with it, and what it has acknowledged is on the disk.
    """
    pid = holder(state)
    for number, patience, ended in (
        (signal.SIGTERM, _LONGEST_END, End.BY_ITSELF),
        (signal.SIGKILL, _LONGEST_KILL, End.KILLED),
    ):
        if pid is None or holder(state) != pid:
            return End.BY_ITSELF
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if _has_let_go(state, pid, patience):
            return ended
    return End.NOT_AT_ALL


def _has_let_go(state: State, pid: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while holder(state) == pid:
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def answers(report: Report) -> bool:
    """Tell whether the sandbox answers: its process may run and be of no use.

    It is asked for what leaves no line in the audit.
    """
    page = urlsplit(report.sign_in.page)
    connection = http.client.HTTPConnection(page.netloc, timeout=_LONGEST_ANSWER)
    try:
        connection.request("GET", f"{page.path}.css")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def end_process(process: "subprocess.Popen[bytes]") -> None:
    """Tell a sandbox that this command has started to end; by force if it would not go."""
    process.terminate()
    try:
        process.wait(_LONGEST_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _spawned(
    state: State, port: int | None, log: Path, options: Sequence[str]
) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "cli", "up", "--state", str(state.root), *options]
    with log.open("ab") as file:
        return subprocess.Popen(
            command + ([] if port is None else ["--port", str(port)]),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=PROJECT,
            # What of Azure it assumes is among the options, or is what is likely.
            env={name: value for name, value in os.environ.items() if name != ASSUME},
            start_new_session=True,
        )


def _when_ready(
    state: State,
    process: "subprocess.Popen[bytes]",
    told: Callable[[Report], None],
    last_words: Callable[[], str],
    *,
    stays: bool,
) -> Report:
    begun = time.monotonic()
    while time.monotonic() - begun < _LONGEST_START:
        if process.poll() is not None:
            fail(last_words())
        report = running(state)
        if report is not None and report.pid == process.pid:
            hopeless = next(filter(_is_hopeless, report.services), None)
            if stays and (report.overdue or hopeless):
                return report
            told(report)
            if stays or report.sign_in.code:
                begun = time.monotonic()  # a person takes their time, and `overdue` tells the rest
            if report.ready:
                return report
            if hopeless:
                fail(f"{in_words(hopeless)}.")
        time.sleep(_PAUSE)
    fail(why_not_ready(running(state)) or f"{_LATE}; see {state.path('sandbox.log')}.")


def why_not_ready(report: Report | None) -> str:
    """What the services of a start in vain still wait for; empty if none has said it."""
    waiting = [in_words(each) for each in (report.late if report else ()) if each.failing]
    if not waiting:
        return ""
    return (
        f"{_LATE}: {'; '.join(waiting)}. To see why, run {KEYLESS} up --detach,"
        f" which stays up, and {KEYLESS} doctor"
    )


def in_words(service: ServiceReport) -> str:
    """Say what a service that is not ready waits for."""
    if service.ended:
        return f"{service.name} keeps ending at its start: {service.ended}"
    if service.failing:
        return f"{service.name} waits for {', '.join(service.failing)}"
    return f"{service.name} has not answered yet"


def _is_hopeless(service: ServiceReport) -> bool:
    return bool(service.ended) and service.restarts >= _HOPELESS


def _last_words(log: Path, before: int) -> str:
    """What a sandbox has said at its end; what stood in the log `before` was another's."""
    lines = log.read_bytes()[before:].decode(errors="replace").splitlines()
    said = [line for line in lines if line.startswith("keyless: ")]
    if not said:
        return f"the sandbox ended at once; see {log}."
    return said[-1].removeprefix("keyless: ")
