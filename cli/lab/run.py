"""A lab's sandbox and the learner's files, as a lab's own check uses them."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.lab.script import TIMED_OUT, run_python
from sandbox.audit import FILE, Record
from sandbox.deployment import SNAPSHOT, Deployment, freshly_deployed, load
from sandbox.state import State
from sandbox.supervisor import IDENTITY_VARIABLES, Report, running
from sandbox.supervisor.control_request import ask
from sandbox.testing.deployment import Keyless, KeylessError
from sandbox.testing.expectations import since
from sandbox.testing.identity import Identity

if TYPE_CHECKING:
    from cli.program_audit import Attribution

ANSWERS = "answers.toml"
_LONGEST = 30.0  # seconds
_ENDPOINT = "IDENTITY_ENDPOINT"


class WorkError(ValueError):
    """A file of the learner's that is absent, malformed or endless, in one sentence."""


@dataclass(frozen=True)
class Finding:
    """A request, an answer or a file of the learner's, and its fault; empty if it is right.

    `who` is the identity, and empty where none is concerned.
    """

    who: str
    does: str
    fault: str = ""
    too_much: bool = False


@dataclass(frozen=True)
class Done:
    """A learner's file that has run: its exit status, all that it printed, and its records.

    `paused` are the seconds of the pauses that a hasty one left out.
    """

    status: int
    out: str
    records: Sequence[Record]
    paused: float = 0.0


@dataclass(frozen=True)
class Run:
    """One check of a lab: its running sandbox, and `work`, the folder of the learner's files."""

    state: State
    snapshot: Path
    work: Path

    @cached_property
    def deployment(self) -> Deployment:
        """The sample's own deployment, with a role for each present identity."""
        return freshly_deployed(self.state, SNAPSHOT, is_own=True)

    @property
    def now(self) -> Deployment:
        """The deployment in force, without the roles that were changed by hand."""
        return load(self.state)

    @cached_property
    def running(self) -> Keyless:
        """The lab's sandbox."""
        return Keyless(self.snapshot, self.state)

    @property
    def report(self) -> Report:
        """The report of the lab's sandbox now. Raises KeylessError if it has ended."""
        report = running(self.state)
        if report is None:
            raise KeylessError("the lab's sandbox has ended")
        return report

    def ask(self, verb: str, body: Mapping[str, object] | None = None) -> Mapping[str, Any]:
        """Let the running sandbox carry out set, apply or fault; return its answer.

        Raises KeylessError if none runs, or ControlRefusedError.
        """
        control = self.report.control
        if control is None:
            raise KeylessError("the lab's sandbox takes no changes")
        return ask(control, verb, body or {})

    def as_identity(self, who: str) -> Identity:
        """Return an identity: within its block, this process's SDK clients act as it.

        Raises KeylessError for an unknown name.
        """
        return self.running.as_identity(who)

    def script(
        self,
        name: str,
        who: str | None,
        *args: str,
        seconds: float = _LONGEST,
        hasty: bool = False,
        **variables: str,
    ) -> Done:
        """Run a Python file of the learner's as `who`, or without any identity for None.

        `variables` replace those of its environment. The pauses of a `hasty` one end at once.
        Its records are all of that time where no service runs; else those of the tokens that it
        received, and of its refused requests. Raises WorkError for a missing file, and for one that
        does not end within `seconds`.
        """
        path = self.file(name)
        before = _size(self.state.path(FILE))
        with self._acting(who) as (environment, whose):
            words = [str(path), *args]
            ended = run_python(words, environment | variables, self.work, seconds, hasty=hasty)
        if ended.status == TIMED_OUT:
            raise WorkError(f"{name} did not end within {seconds:.0f} seconds, and was ended")
        records = since(self.state, before)
        if self._runs_services:
            records = [each for each in records if whose.is_by(each)]
        return Done(ended.status, ended.out, records, ended.paused)

    def answers(self) -> Mapping[str, Any]:
        """Return what the learner wrote into answers.toml. Raises WorkError."""
        path = self.file(ANSWERS)
        try:
            return tomllib.loads(path.read_text("utf-8"))
        except ValueError as error:  # also for a text that is not UTF-8
            raise WorkError(f"{ANSWERS} is not TOML: {error}") from error

    def records(self) -> list[Record]:
        """Return all records of the audit since the lab began."""
        return since(self.state)

    def file(self, name: str) -> Path:
        """Return a file of the learner's. Raises WorkError if it is missing."""
        path = self.work / name
        if not path.is_file():
            raise WorkError(f"there is no {name} in {self.work}; ./keyless lab reset restores it")
        return path

    @contextmanager
    def _acting(self, who: str | None) -> Iterator[tuple[dict[str, str], "Attribution"]]:
        """Yield the environment of a program that acts as `who`, and the rule for its records.

        Without an identity, all else that leads to the sandbox stays.
        """
        # A second of imports, which only a check of files needs.
        from cli.program_audit import Attribution  # noqa: PLC0415
        from cli.token_relay import relayed  # noqa: PLC0415

        identity = self.as_identity(who or self.running.identities[0])
        environment = identity.environment | {"PYTHONDONTWRITEBYTECODE": "1"}
        if who is None:
            kept = {
                name: value for name, value in environment.items() if name not in IDENTITY_VARIABLES
            }
            yield kept, Attribution(frozenset(), frozenset())
            return
        with relayed(environment[_ENDPOINT]) as relay:
            led = environment | {_ENDPOINT: relay.address}
            yield led, Attribution(self._names(who), relay.tokens)

    @property
    def _runs_services(self) -> bool:
        report = running(self.state)
        return report is not None and any(each.url for each in report.services)

    def _names(self, who: str) -> frozenset[str]:
        """Return the identities that the app `who` can use."""
        apps = (each for each in self.now.apps if each.name == who)
        attached = [each.identity.name for app in apps for each in app.attachments]
        return frozenset({who, *attached})


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
