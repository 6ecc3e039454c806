"""A deployment for a test session: a sandbox without services, in a process of its own."""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from sandbox.audit import Outcome, Record
from sandbox.deployment import load
from sandbox.deployment.given_snapshot import GivenError, given_snapshot
from sandbox.deployment.snapshot import Snapshot, SnapshotError
from sandbox.guard import process_guard
from sandbox.startup import FILE
from sandbox.startup.sitecustomize import Names
from sandbox.state import PROJECT, State
from sandbox.storage import AzuriteError, fetch
from sandbox.supervisor import Report, running
from sandbox.supervisor.control_request import ControlRefusedError, ask
from sandbox.supervisor.program_variables import service_variables
from sandbox.testing.expectations import expected, since
from sandbox.testing.identity import Identity

_ACCOUNT = "Microsoft.Storage/storageAccounts"
_LONGEST_START = 120.0
_LATE = f"the sandbox was not ready within {_LONGEST_START:.0f} seconds; see {{}}"
_PAUSE = 0.05
_GRACE = 10.0
_ERROR = "keyless: "


class KeylessError(RuntimeError):
    """A deployment that cannot be started or used; the message is one sentence."""


class Keyless:
    """A running deployment, its identities and its audit."""

    def __init__(self, snapshot: Path, state: State) -> None:
        """Start nothing: `start` does, or something else has. Raises SnapshotError."""
        self._snapshot = snapshot
        self._state = state
        self._process: subprocess.Popen[bytes] | None = None
        self._has_account = any(Snapshot.read(snapshot).of_type(_ACCOUNT))

    @classmethod
    def start(cls, snapshot: Path, folder: Path, on_step: Callable[[str], object]) -> "Keyless":
        """Start the deployment of `snapshot`, with its data in `folder`, which is its own.

        `snapshot` may also be a .bicepparam or a .bicep, where there is a compiler.

        `on_step` is called with sentences of progress, at the first use. Raises KeylessError.
        """
        try:
            given = given_snapshot(State(folder), snapshot)
            started = cls(given, State(folder / "state"))
            if started._has_account:
                fetch(on_step)
        except (GivenError, SnapshotError, AzuriteError, OSError) as error:
            raise KeylessError(str(error)) from error
        started._start()
        return started

    def stop(self) -> None:
        """End the deployment; its folder stays."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with suppress(BrokenPipeError):
            process.stdin.write(b".")  # a graceful end: process_guard.py
            process.stdin.close()
        process.wait()

    def clean(self) -> None:
        """Start it again without any data, if a request was allowed. Raises KeylessError.

        Identities have other variables afterwards: ask for them again.
        """
        if all(each.outcome is not Outcome.ALLOWED for each in self.audit()):
            return
        self.stop()
        shutil.rmtree(self._state.root)
        self._start()

    @property
    def identities(self) -> tuple[str, ...]:
        """The names that `as_identity` takes, in order."""
        return tuple(sorted(each.name for each in self._report().services))

    @property
    def left_out(self) -> tuple[str, ...]:
        """A line for each resource, or type, that is not served here, and for each open right."""
        deployment = load(self._state)
        types = Counter(each.type for each in deployment.left_out if not each.why)
        return (
            *(f"{kind} ({number}) is not served" for kind, number in sorted(types.items())),
            *(f"{each.type} {each.name}: {each.why}" for each in deployment.left_out if each.why),
            *map(str, deployment.not_evaluated),
        )

    def as_identity(self, name: str) -> Identity:
        """Return an identity: its `environment` is for subprocesses, its block for this process.

        Raises KeylessError for an unknown name.
        """
        report = self._report()
        if name not in self.identities:
            raise KeylessError(_unknown(name, self.identities))
        variables = service_variables(report, name, self._state)
        return Identity(name, variables, Names(self._state.read_json(FILE) or {}))

    def denied(
        self, action: str, *, identity: str = "", on: str = ""
    ) -> AbstractContextManager[list[Record]]:
        """Expect that a request in the block is denied `action`, for want of a role.

        `action` is a data action or its end, such as `blobs/read`; `on` is a resource or its end,
        such as `containers/photos`. The client's error is the block's own to expect.
        """
        self._check_principal(identity)
        return expected(Outcome.DENIED, self._state, action, identity, on)

    def allowed(
        self, action: str, *, identity: str = "", on: str = ""
    ) -> AbstractContextManager[list[Record]]:
        """Expect that a request in the block is allowed `action`, and that none is denied it."""
        self._check_principal(identity)
        return expected(Outcome.ALLOWED, self._state, action, identity, on)

    def audit(self) -> list[Record]:
        """Return all records since the start: each token, each decision and each refusal."""
        return since(self._state)

    @contextmanager
    def fault(self, name: str, *, on: str = "", seconds: float = 300.0) -> Iterator[None]:
        """Let the deployment fail in the block, as `name` of `./keyless fault --list` says.

        `on` limits the fault to an identity. It ends with the block, or after `seconds`.
        Raises KeylessError for a fault that the sandbox does not know, or cannot limit.
        """
        self._ask("fault", {"begin": name, "on": on, "seconds": seconds})
        try:
            yield
        finally:
            self._ask("fault", {"end": name})

    def _ask(self, verb: str, body: Mapping[str, object]) -> None:
        control = self._report().control
        if control is None:
            raise KeylessError("the deployment takes no changes while it runs")
        try:
            ask(control, verb, body)
        except ControlRefusedError as error:
            raise KeylessError(str(error)) from error

    def _check_principal(self, name: str) -> None:
        """Refuse a name that no record can have. Raises KeylessError."""
        if not name:
            return
        known = sorted(each.name for each in load(self._state).principals)
        if name not in known:
            raise KeylessError(_unknown(name, known))

    def _report(self) -> Report:
        report = running(self._state)
        if report is None:
            raise KeylessError(self._end_reason())
        return report

    def _start(self) -> None:
        """Start the process and wait for its endpoints. Raises KeylessError."""
        root, log = self._state.root, self._log
        root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        command = [sys.executable, "-P", "-m", "sandbox.supervisor", str(self._snapshot), str(root)]
        # The guard ends the sandbox when this process ends, even by a `kill -9`.
        guard = [sys.executable, "-I", "-S", process_guard.__file__, str(_GRACE), ""]
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                [*guard, *command],
                env={**os.environ, "PYTHONPATH": str(PROJECT)},
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
            )
        self._wait(self._process)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        ends = time.monotonic() + _LONGEST_START
        while running(self._state) is None:
            if process.poll() is not None:
                raise KeylessError(self._end_reason())
            if time.monotonic() > ends:
                self.stop()
                raise KeylessError(_LATE.format(self._log))
            time.sleep(_PAUSE)

    @property
    def _log(self) -> Path:
        return self._state.root.with_suffix(".log")

    def _end_reason(self) -> str:
        """Return the sandbox's own last error, or where its output is."""
        lines = self._log.read_text("utf-8", "replace").splitlines()
        errors = [each.removeprefix(_ERROR) for each in lines if each.startswith(_ERROR)]
        return errors[-1].rstrip(".") if errors else f"the sandbox has ended; see {self._log}"


def _unknown(name: str, known: Sequence[str]) -> str:
    listed = ", ".join(known) or "none: it has no managed identity"
    return f"unknown identity {name!r}; the deployment has {listed}"
