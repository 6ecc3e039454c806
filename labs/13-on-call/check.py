"""Sends one photo all the way, and counts the messages and photos that are left behind."""

import io
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import requests
from PIL import Image

from cli.demo_run import DemoError, send, webhooks
from cli.lab.run import Finding, Run
from cli.photos import Upload
from sandbox.deployment.short_names import short_scope
from sandbox.loopback import ask
from sandbox.rbac import Assignments

_LONGEST, _UNREADY, _STUCK, _PAUSE = 60.0, 20.0, 5.0, 0.2  # s; a right is tried again after 18


def check(run: Run) -> Iterator[Finding]:
    """Yield a finding on each photo, service and message, and on each role too many."""
    yield Finding("a photo", "go all the way", _sent(run))
    photos = {each["id"] for each in _get(run, "/photos?limit=100").get("photos", ())}
    untold = len(photos - webhooks(run.state).keys())
    yield Finding("the partner", "hear of each photo", f"it never heard of {untold}" * bool(untold))
    for each in run.report.services:
        yield Finding(each.name, "prove each of its rights", ", ".join(each.failing))
    for what, counts in (("wait", run.report.messages), ("are dead", run.report.dead_letters)):
        for path, count in counts.items():
            yield Finding(path, "have no message left", f"{count} {what}" * bool(count))
    now, wanted = run.now, {each.key for each in run.deployment.assignments}
    for role in Assignments.kept_in(run.state, now).listed:
        if role.key not in wanted and role.principal_id != now.deployer.principal_id:
            who, on = now.names.get(role.principal_id, "a stranger"), short_scope(role.scope)
            yield Finding(who, f"have no other role on {on}", "it has one: too much", too_much=True)


def _sent(run: Run) -> str:
    """Send a photo; return the reason why it did not arrive. Do not wait where it cannot."""
    Image.effect_noise((64, 64), 50).save(content := io.BytesIO(), "PNG")
    upload = Upload("lab.png", "image/png", content.getvalue())
    begun, photo = time.monotonic(), ""
    while True:
        time.sleep(_PAUSE)
        with suppress(DemoError, requests.RequestException):  # the gateway may be restarting
            photo = photo or send(run.report.gallery, upload)
        shown = _get(run, f"/photos/{photo}").get("state") == "processed"
        arrived = shown and photo in webhooks(run.state) and not any(run.report.messages.values())
        limit = _LONGEST if run.report.ready else _UNREADY
        limit = _STUCK if photo and any(run.report.dead_letters.values()) else limit
        if (arrived and run.report.ready) or time.monotonic() > begun + limit:
            return "" if arrived else "it is not processed, or the partner has not heard of it"


def _get(run: Run, path: str) -> dict[str, Any]:
    with suppress(requests.RequestException):
        return dict(ask("GET", f"{run.report.gallery}{path}", timeout=30).json())
    return {}
