"""The open questions about Azure, asked of a deployed environment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.questions import inside
from local.questions.asker import Asker
from local.questions.probes import PROBES, Probe
from local.questions.responses import (
    Response,
    TooFewRightsError,
    TooManyRightsError,
    UnexpectedError,
)
from local.report import safe_text
from local.report.caller import Caller
from local.report.model import Answered, Neither, NotAsked, Outcome, Why
from sandbox.assumptions import QUESTIONS, Question

_TOO_MANY_REQUESTS, _DOWN = 429, 500
_KNOWN = {each.name: each for each in QUESTIONS}


@dataclass(frozen=True)
class Plan:
    """The questions to ask, and those not to ask, with the reason."""

    asked: tuple[str, ...]
    not_asked: tuple[NotAsked, ...]

    @property
    def leaves(self) -> int:
        """The number of blobs that stay behind."""
        return sum(PROBES[each].leaves for each in self.asked)

    @property
    def sends(self) -> bool:
        """Return whether messages are sent and received."""
        return any(PROBES[each].sends for each in self.asked)


def plan(who: Caller | None, asker: Asker | None, *, workers: bool) -> Plan:
    """Decide which questions to ask; deployed `workers` would receive the test messages."""
    asked, not_asked = list[str](), list[NotAsked]()
    for each in QUESTIONS:
        if each.name in inside.PROBES:
            continue
        why = _why_not(PROBES.get(each.name), who, asker, workers)
        if why is None:
            asked.append(each.name)
        else:
            not_asked.append(NotAsked(each.name, why))
    return Plan(tuple(asked), tuple(not_asked))


def _why_not(
    probe: Probe | None, who: Caller | None, asker: Asker | None, workers: bool
) -> Why | None:
    if probe is None:
        return Why.NO_PROBE
    if asker is None or not asker.entities.known:
        return Why.OTHER_ENTITIES if asker else Why.NO_ADDRESSES
    if who is None:
        return Why.NOT_SIGNED_IN
    if who.by not in probe.by:
        return Why.DEVELOPER
    if probe.refuses in (who.open_planes or ()):
        return Why.TOO_MANY_RIGHTS
    return Why.WORKERS if probe.sends and workers else None


def ask(names: tuple[str, ...], asker: Asker, who: Caller) -> Iterator[Outcome]:
    """Ask one question after the other; an error ends only its own question."""
    for each in names:
        yield _sure(_ask(each, asker), who)


def _ask(name: str, asker: Asker) -> Outcome:
    try:
        return outcome(name, PROBES[name].ask(asker))
    except UnexpectedError as error:
        return _neither(name, error.seen)
    except TooManyRightsError:
        return NotAsked(name, Why.TOO_MANY_RIGHTS)
    except TooFewRightsError:
        return NotAsked(name, Why.TOO_FEW_RIGHTS)
    except Exception:  # one failing question must not stop the others
        return NotAsked(name, Why.NO_ANSWER)


def _neither(name: str, seen: Response) -> Outcome:
    """Return the unexpected response; one of an unavailable service answers nothing."""
    if seen.status == _TOO_MANY_REQUESTS or seen.status >= _DOWN:
        return NotAsked(name, Why.NO_ANSWER)
    code = safe_text.code(seen.code) if seen.code else safe_text.NOTHING
    return Neither(name, seen.status, code)


def _sure(found: Outcome, who: Caller) -> Outcome:
    """Drop an answer that could come from a right that cannot be seen."""
    probe = PROBES[found.question]
    unseen = who.open_planes is None and isinstance(found, Answered)
    if unseen and probe.sure and found != Answered(found.question, probe.sure):
        return NotAsked(found.question, Why.UNSEEN_RIGHTS)
    return found


def outcome(name: str, said: str) -> Outcome:
    """Return a probe's answer: a known one, a number, or none."""
    if said in _KNOWN[name].answers:
        return Answered(name, said)
    if said.isascii() and said.isdigit() and len(said) <= 6:
        return Neither(name, int(said), safe_text.NOTHING)
    return NotAsked(name, Why.NO_ANSWER)


def in_order(outcomes: Mapping[str, Outcome]) -> tuple[Outcome, ...]:
    """Return one outcome for each question, in their order."""
    return tuple(outcomes.get(each.name) or NotAsked(each.name, Why.NO_PROBE) for each in QUESTIONS)


def question(name: str) -> Question:
    """Return the question called `name`."""
    return _KNOWN[name]
