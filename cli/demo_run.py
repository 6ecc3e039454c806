"""A run of the demo: each photo from its upload to its webhook."""

import io
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from cli.photos import Upload
from cli.sample import PIPELINE
from sandbox.audit import Record
from sandbox.loopback import ask
from sandbox.partner.journal import FILE as JOURNAL
from sandbox.partner.journal import read as deliveries
from sandbox.state import State
from sandbox.supervisor import Report
from sandbox.telemetry import SERVICE as TELEMETRY

_PATIENCE = 60.0
_PAUSE = 0.1


class DemoError(RuntimeError):
    """The demo failed."""


@dataclass(frozen=True)
class Arrival:
    """The result of one upload. `thumbnail` is its size in pixels, if it decodes."""

    upload: Upload
    id: str
    state: str
    reason: str
    thumbnail: tuple[int, int] | None


def send(gallery: str, upload: Upload) -> str:
    """Post one file as a browser does; return the photo's id. Raises DemoError."""
    files = {"photo": (upload.name, upload.content, upload.content_type)}
    answer = ask("POST", f"{gallery}/photos", files=files, timeout=30)
    if answer.status_code != 202:
        raise DemoError(f"{upload.name} was answered {answer.status_code}: {answer.text}")
    return str(answer.json()["id"])


def wait_until_done(gallery: str, upload: Upload, photo: str) -> Arrival:
    """Wait until a photo is processed or rejected. Raises DemoError if it never is."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        found = ask("GET", f"{gallery}/photos/{photo}", timeout=30)
        entry: Mapping[str, Any] = found.json() if found.ok else {}
        if entry.get("state") in {"processed", "rejected"}:
            state, reason = entry["state"], entry.get("reason") or ""
            return Arrival(upload, photo, state, reason, _thumbnail(gallery, photo))
        time.sleep(_PAUSE)
    raise DemoError(f"{upload.name} was neither processed nor rejected in {_PATIENCE:.0f} seconds")


def _thumbnail(gallery: str, photo: str) -> tuple[int, int] | None:
    answer = ask("GET", f"{gallery}/photos/{photo}/thumbnail", timeout=30)
    if not answer.ok:
        return None
    with Image.open(io.BytesIO(answer.content)) as image:
        image.load()
        return image.size


def permissions_used(records: Iterable[Record], assignments: Collection[str]) -> list[Record]:
    """Return each permission that a service used, once, in the order of the pipeline.

    Without those of assignments that are no longer among `assignments`, and without telemetry.
    """
    last: dict[tuple[str, str, str], Record] = {}
    for each in records:
        on_the_way = each.identity in PIPELINE and each.service != TELEMETRY
        if each.assignment in assignments and on_the_way:
            last[each.identity, each.action, each.scope] = each
    return sorted(last.values(), key=lambda each: PIPELINE.index(each.identity))


def webhooks(state: State) -> dict[str, set[str]]:
    """Return the ids of the webhooks that the partner has verified, by photo."""
    found: dict[str, set[str]] = defaultdict(set)
    for delivery in deliveries(state.path(JOURNAL)):
        if delivery.verified:
            found[delivery.photo].add(delivery.id)
    return found


def shortfalls(
    arrivals: Sequence[Arrival],
    webhooks: Mapping[str, int],
    dead_letters: Mapping[str, int],
) -> list[str]:
    """Return a sentence for each shortfall; none if all is well.

    `webhooks` counts the different verified webhooks of each photo.
    """
    found = []
    processed = [each for each in arrivals if each.state == "processed" and each.thumbnail]
    rejected = [each for each in arrivals if each.state == "rejected" and each.reason]
    if len(processed) != 3:
        found.append(f"{len(processed)} of 3 thumbnails decode")
    if len(rejected) != 1:
        found.append(f"{len(rejected)} of 1 photos were rejected with a reason")
    found += [
        f"{each.upload.name} had {webhooks.get(each.id, 0)} webhooks, not one"
        for each in arrivals
        if webhooks.get(each.id, 0) != 1
    ]
    found += [f"{count} dead letters in {name}" for name, count in dead_letters.items() if count]
    return found


def crashes(report: Report) -> list[str]:
    """Return a sentence for each program that the sandbox had to restart, with the reason."""
    counts = [(each.name, each.restarts, each.ended) for each in report.services]
    counts.append(("azurite", report.azurite_restarts, report.azurite_ended))
    return [
        f"{name} was restarted {'once' if count == 1 else f'{count} times'}, since it ended: {why}"
        for name, count, why in counts
        if count
    ]
