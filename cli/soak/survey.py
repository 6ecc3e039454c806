"""A survey of a quiet sandbox, from outside."""

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from cli.soak.processes import family
from sandbox.loopback import ask
from sandbox.partner.journal import FILE, read
from sandbox.state import State
from sandbox.supervisor import Report

_TIMEOUT = 20.0
_AT_ONCE = 4


@dataclass(frozen=True)
class Webhook:
    """A webhook that the partner verified: its photo, kind and id, and how often it came."""

    photo: str
    type: str
    id: str
    times: int


@dataclass(frozen=True)
class Survey:
    """The state of the sandbox that a round checks."""

    states: Mapping[str, str]
    undecoded: frozenset[str]
    listed: tuple[str, ...]
    webhooks: tuple[Webhook, ...]
    messages: Mapping[str, int]
    dead_letters: Mapping[str, int]
    strays: tuple[str, ...]


def is_quiet(report: Report, state: State) -> bool:
    """Return whether all services are ready and no message is in flight."""
    ready = report.ready and all(each.state == "ready" for each in report.services)
    left = [*report.messages.values(), *report.dead_letters.values()]
    return ready and not any(left) and not family(state, report.pid).strays


def survey(state: State, report: Report, photos: Sequence[str]) -> Survey:
    """Survey the sandbox. Raises requests.RequestException if the gallery does not answer."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        states = dict(
            zip(photos, pool.map(lambda each: _state(report.gallery, each), photos), strict=True)
        )
        shown = [photo for photo, found in states.items() if found == "processed"]
        decoded = pool.map(lambda each: _decodes(report.gallery, each), shown)
        undecoded = [each for each, good in zip(shown, decoded, strict=True) if not good]
    return Survey(
        states=states,
        undecoded=frozenset(undecoded),
        listed=tuple(listed(report.gallery)),
        webhooks=webhooks(state),
        messages=report.messages,
        dead_letters=report.dead_letters,
        strays=tuple(" ".join(each.command)[-120:] for each in family(state, report.pid).strays),
    )


def webhooks(state: State) -> tuple[Webhook, ...]:
    """Return the webhooks that the partner has verified so far."""
    times: dict[tuple[str, str, str], int] = defaultdict(int)
    for each in read(state.path(FILE)):
        if each.verified:
            times[each.photo, each.type, each.id] += 1
    return tuple(Webhook(*which, count) for which, count in times.items())


def listed(gallery: str) -> list[str]:
    """Return the ids on all pages of the index. Raises requests.RequestException."""
    found: list[str] = []
    query = {"limit": "100"}
    while True:
        answer = ask("GET", f"{gallery}/photos", params=query, timeout=_TIMEOUT)
        answer.raise_for_status()
        page = answer.json()
        found += [each["id"] for each in page["photos"]]
        if not page["next"]:
            return found
        query = {"limit": "100", "cursor": page["next"]}


def _state(gallery: str, photo: str) -> str:
    answer = ask("GET", f"{gallery}/photos/{photo}", timeout=_TIMEOUT)
    if answer.status_code == 404:
        return "unknown"
    answer.raise_for_status()
    return str(answer.json()["state"])


def _decodes(gallery: str, photo: str) -> bool:
    answer = ask("GET", f"{gallery}/photos/{photo}/thumbnail", timeout=_TIMEOUT)
    if answer.status_code == 404:
        return False
    answer.raise_for_status()
    try:
        with Image.open(io.BytesIO(answer.content)) as image:
            image.load()
    except (OSError, SyntaxError):
        return False
    return True
