"""The sandbox as a background process: how the commands find it, start it and end it."""

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
from cli.terminal import fail, ignoring_signals, one_sentence
from sandbox.commands import KEYLESS
from sandbox.deployment import load
from sandbox.rbac import Assignments
from sandbox.state import PROJECT, State, StateError
from sandbox.supervisor import Report, ServiceReport, holder, running

_AS_DEVELOPER = "--as"
_LONGEST_START = 120.0
_LATE = f"not all was ready within {_LONGEST_START:.0f} seconds"
# In seconds. A service gets 10 to end by itself. Together they leave 2 of 15 for the command.
_LONGEST_END = 11.0
_LONGEST_KILL = 2.0
_LONGEST_ANSWER = 5.0
_PAUSE = 0.05
# A service that has ended this often without becoming ready is not waited for.
_HOPELESS = 3


def require_running(state: State) -> Report:
    """Return the report of the sandbox that runs on `state`; end the command if none does."""
    report = running(state)
    if report is None and holder(state) is not None:
        fail(f"the sandbox on {state.root} is starting or ending.")
    if report is None:
        from cli.lab.folders import start_of  # noqa: PLC0415 -- only a mistake needs the labs

        fail(f"no sandbox is running on {state.root}; {start_of(state.root)}.")
    return report


def start_detached(
    state: State,
    port: int | None,
    on_report: Callable[[Report], None],
    options: Sequence[str] = (),
    *,
    stays: bool = False,
) -> Report:
    """Start a sandbox in the background and return once all of it is ready.

    Calls `on_report` with each report until then; `options` are further options of `up`. Ends the
    command if the sandbox ends first, and the sandbox if the command ends or its wait times out.
    With `stays`, returns as soon as the services are overdue or keep ending, and ends nothing.
    """
    log = state.path("sandbox.log")
    with one_sentence(StateError, OSError, ValueError, KeyError):
        state.check_room()
        if not stays and _AS_DEVELOPER not in options:
            _refuse_without_roles(state)
        before = log.stat().st_size if log.exists() else 0
        process = _spawned(state, port, log, options)
    try:
        reason = partial(_end_reason, log, before)
        return _when_ready(state, process, on_report, reason, stays=stays)
    except BaseException:
        with ignoring_signals():
            _end_process(process)
        raise


def _refuse_without_roles(state: State) -> None:
    """End the command where a recreated identity has no role: its service would never be ready.

    The sandbox itself reports a broken deployment at its start.
    """
    try:
        deployment = load(state)
        assignments = Assignments.kept_in(state, deployment)
    except (ValueError, KeyError):
        return
    assigned = {each.principal_id for each in assignments.listed}
    services = {app.name for app in deployment.apps}
    for each in deployment.principals:
        if each.name in services and each.former_ids and each.principal_id not in assigned:
            fail(
                f"{each.name} was recreated and has no role, so it cannot become ready; assign its"
                f" roles with {KEYLESS} deploy, or watch it being denied with {KEYLESS} up."
            )


class End(Enum):
    """The way in which a sandbox ended."""

    BY_ITSELF = "by itself"
    KILLED = "killed"
    NOT_AT_ALL = "not at all"


def end(state: State) -> End:
    """End the sandbox that runs on `state` and wait for it: first by SIGTERM, then by SIGKILL.

    Its child processes end with it; everything that it has acknowledged is on the disk.
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
    """Return whether the sandbox answers, since its process may run and hang.

    Requests a style sheet, which leaves no line in the audit.
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


def _end_process(process: "subprocess.Popen[bytes]") -> None:
    """End a sandbox that this command has started, by force if it does not end in time."""
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
            # Its assumptions about Azure are among the options, or are the default ones.
            env={name: value for name, value in os.environ.items() if name != ASSUME},
            start_new_session=True,
        )


def _when_ready(
    state: State,
    process: "subprocess.Popen[bytes]",
    on_report: Callable[[Report], None],
    end_reason: Callable[[], str],
    *,
    stays: bool,
) -> Report:
    begun = time.monotonic()
    while time.monotonic() - begun < _LONGEST_START:
        if process.poll() is not None:
            fail(end_reason())
        report = running(state)
        if report is not None and report.pid == process.pid:
            hopeless = next(filter(_is_hopeless, report.services), None)
            if stays and (report.overdue or hopeless):
                return report
            on_report(report)
            if stays or report.sign_in.code:
                begun = time.monotonic()  # a sign-in takes a while; `overdue` covers the rest
            if report.ready:
                return report
            if hopeless:
                fail(f"{describe(hopeless)}.")
        time.sleep(_PAUSE)
    fail(why_not_ready(running(state)) or f"{_LATE}; see {state.path('sandbox.log')}.")


def why_not_ready(report: Report | None) -> str:
    """Return a sentence on the services that a failed start waited for; empty if unknown."""
    waiting = [describe(each) for each in (report.late if report else ()) if each.failing]
    if not waiting:
        return ""
    return (
        f"{_LATE}: {'; '.join(waiting)}. To see why, run {KEYLESS} up --detach,"
        f" which stays up, and {KEYLESS} doctor"
    )


def describe(service: ServiceReport) -> str:
    """Return a clause on a service that is not ready."""
    if service.keeps_ending:
        return f"{service.name} keeps ending at its start: {service.keeps_ending}"
    if service.failing:
        return f"{service.name} is waiting for {', '.join(service.failing)}"
    return f"{service.name} has not answered yet"


def _is_hopeless(service: ServiceReport) -> bool:
    return bool(service.keeps_ending) and service.restarts >= _HOPELESS


def _end_reason(log: Path, before: int) -> str:
    """Return a sandbox's last error; the first `before` bytes of the log are an earlier one's."""
    lines = log.read_bytes()[before:].decode(errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("keyless: ")]
    if not errors:
        return f"the sandbox ended at once; see {log}."
    return errors[-1].removeprefix("keyless: ")
