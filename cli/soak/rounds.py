"""One round: uploads in flight, a `kill -9` among them, and the checks once it is quiet."""

import os
import random
import signal
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import requests

from cli.lifecycle import start_detached
from cli.soak.checks import failures, webhook_ids
from cli.soak.processes import Target, family, processes_to_kill
from cli.soak.survey import Survey, is_quiet, survey
from cli.soak.uploads import Sent, files, in_flight
from sandbox.state import State
from sandbox.supervisor import Report, running

_IN_FLIGHT = 50
_LATEST = 1.5
# A killed worker's message stays locked for a minute.
_PATIENCE = 150.0
_LOOK_AGAIN = 0.5


@dataclass(frozen=True)
class Round:
    """The result of one round; `wrong` is empty if all checks hold."""

    number: int
    killed: str
    after: float
    accepted: int
    tried_again: int
    processed: int
    rejected: int
    overtaken: int
    webhooks_repeated: int
    quiet_after: float
    wrong: tuple[str, ...]
    photos: tuple[str, ...]


@dataclass(frozen=True)
class Kill:
    """The process killed in a round, the seconds since the first upload, and the time."""

    number: int
    who: str
    after: float
    at: float


class SoakSandbox:
    """A sandbox on a state folder, restarted whenever a round has killed it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._gallery = start_detached(state, 0, lambda _: None).gallery

    @property
    def gallery(self) -> str:
        return self._gallery

    @property
    def report(self) -> Report | None:
        return running(self.state)

    def again(self) -> None:
        """Start it again at the same address, where the uploads continue."""
        port = int(self._gallery.rsplit(":", 1)[-1])
        start_detached(self.state, port, lambda _: None)

    def kill(self, target: Target, chance: random.Random) -> str:
        """Kill the target with SIGKILL; return its name."""
        report = self.report
        assert report is not None, "the sandbox has ended by itself"  # noqa: S101
        (found,) = processes_to_kill(target, family(self.state, report.pid), chance).items()
        name, pids = found
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return name if pids else f"nothing: {name} was not running"


def run_round(
    sandbox: SoakSandbox, number: int, target: Target, seed: int, before: Sequence[str]
) -> Round:
    """Play the round with this number. `before` are the photos of those before it."""
    chance = random.Random(f"{seed} {number}")  # noqa: S311 - a round that can be repeated
    moment = chance.uniform(0.05, _LATEST)
    with in_flight(sandbox.gallery, files(_IN_FLIGHT, chance)) as uploads:
        time.sleep(moment)
        kill = Kill(number, sandbox.kill(target, chance), moment, time.monotonic())
        if target.ends_sandbox:
            sandbox.again()
        sent = [each.result() for each in uploads]
    seen, wrong = _once_quiet(sandbox, sent, before)
    return _summed_up(kill, sent, seen, wrong)


def _once_quiet(
    sandbox: SoakSandbox, sent: Sequence[Sent], before: Iterable[str]
) -> tuple[Survey | None, list[str]]:
    """Return the survey of the quiet sandbox, and the faults in it."""
    photos = [each.id for each in sent if each.id]
    seen, wrong = None, ["the sandbox was never quiet"]
    deadline = time.monotonic() + _PATIENCE
    while wrong and time.monotonic() < deadline:
        report = sandbox.report
        late = time.monotonic() > deadline - 10
        if report is not None and (late or is_quiet(report, sandbox.state)):
            try:
                seen = survey(sandbox.state, report, photos)
                wrong = failures(sent, before, seen)
            except requests.RequestException as error:
                wrong = [f"the gallery does not answer: {error}"]
        if wrong:
            time.sleep(_LOOK_AGAIN)
    return seen, wrong


def _summed_up(
    kill: Kill, sent: Sequence[Sent], seen: Survey | None, wrong: Sequence[str]
) -> Round:
    photos = tuple(each.id for each in sent if each.id)
    states = [seen.states[each] for each in photos] if seen else []
    webhooks = [each for each in seen.webhooks if each.photo in photos] if seen else []
    return Round(
        number=kill.number,
        killed=kill.who,
        after=round(kill.after, 2),
        accepted=len(photos),
        tried_again=sum(each.tries - 1 for each in sent),
        processed=states.count("processed"),
        rejected=states.count("rejected"),
        overtaken=sum(len(webhook_ids(webhooks, photo)) > 1 for photo in photos),
        webhooks_repeated=sum(each.times - 1 for each in webhooks),
        quiet_after=round(time.monotonic() - kill.at, 1),
        wrong=tuple(wrong),
        photos=photos,
    )
