"""Sends one photo all the way, and counts the messages and photos that are left behind."""

import io
import time
from collections.abc import Iterator

import requests
from PIL import Image

from cli.demo_run import DemoError, send, webhooks
from cli.lab.run import Finding, Run
from cli.photos import Upload
from sandbox.deployment.short_names import short_scope
from sandbox.loopback import ask
from sandbox.rbac import Assignments

# Seconds. A service that lacked a right tries it again after 18 at most.
_LONGEST, _UNREADY, _STUCK, _PAUSE = 60.0, 20.0, 5.0, 0.2


def check(run: Run) -> Iterator[Finding]:
    """Yield a finding on each photo, service and message, and on each role too many."""
    try:
        fault = _sent(run)
        found = ask("GET", f"{run.report.gallery}/photos?limit=100", timeout=30)
    except (DemoError, requests.RequestException) as error:
        yield Finding("gateway", "take a photo", str(error))
        return
    yield Finding("a photo", "go all the way", fault)
    photos = {each["id"] for each in found.json()["photos"]} if found.ok else set()
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
    photo = send(run.report.gallery, Upload("lab.png", "image/png", content.getvalue()))
    begun = time.monotonic()
    while True:
        time.sleep(_PAUSE)
        report = run.report
        answer = ask("GET", f"{report.gallery}/photos/{photo}", timeout=30)
        shown = answer.ok and answer.json().get("state") == "processed"
        if shown and photo in webhooks(run.state) and not any(report.messages.values()):
            return ""
        longest = _LONGEST if report.ready else _UNREADY
        dead = any(report.dead_letters.values())
        if time.monotonic() > begun + (_STUCK if dead else longest):
            return "it is not processed, or the partner has not heard of it"
