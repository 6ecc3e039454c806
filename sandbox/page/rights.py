"""The view of the rights: a map, a list, and the reach of a stolen identity."""

from collections.abc import Iterator
from datetime import UTC, datetime

from aiohttp import web

from sandbox.audit import Record
from sandbox.page import picture as drawing
from sandbox.page.attempts import attempts
from sandbox.page.picture import Picture, identities, picture
from sandbox.page.remedies import reach
from sandbox.page.rendering import Page


async def show(page: Page, request: web.Request) -> web.StreamResponse:
    """Return the map, and each identity with its rights; of one identity also its reach."""
    planes, who = page.running.planes, request.query.get("who", "")
    if who not in page.names:
        who = ""
    found = identities(planes.deployment, planes.assignments)
    reached = {}
    if who:
        principal = planes.deployment.principal(who)
        reached = reach(principal, planes.assignments, attempts(planes.deployment))
    return page.html(
        "map.html",
        identities=[each for each in found if who in {"", each.name}],
        names=page.names,
        who=who,
        reached=reached,
        picture=_drawn(page, who),
        d=drawing,
        last=page.feed.last,
    )


async def draw(page: Page, request: web.Request) -> web.StreamResponse:
    """Return the map alone, as it is now."""
    return page.html("picture.html", picture=_drawn(page, request.query.get("who", "")), d=drawing)


def _drawn(page: Page, who: str) -> Picture:
    planes = page.running.planes
    found = identities(planes.deployment, planes.assignments)
    return picture(found, _recent(page), who)


def _recent(page: Page) -> Iterator[tuple[float, Record]]:
    """Yield the latest records with their age in seconds."""
    now = datetime.now(UTC)
    for each in page.feed.after():
        try:
            age = (now - datetime.fromisoformat(each.record.time)).total_seconds()
        except (ValueError, TypeError):
            continue
        yield age, each.record
