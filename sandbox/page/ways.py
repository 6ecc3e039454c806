"""The view of one photo's way through the services, by its id."""

import asyncio
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby

from aiohttp import web

from sandbox.page.rendering import Page
from sandbox.telemetry import FILE, Item, spans, trace_of

_LONGEST_ID = 128
# The page looks again after two seconds, this many times.
_TRIES = 10
# Services send their telemetry every five seconds.
_SETTLED = timedelta(seconds=12)


async def show(page: Page, request: web.Request) -> web.StreamResponse:
    """Return the traces that took the id in or handled its messages, as trees."""
    about = request.query.get("id", "").strip()[:_LONGEST_ID]
    items, error = [], ""
    if about:
        path = page.running.state.path(FILE)
        try:
            items = await asyncio.to_thread(trace_of, path, about)
        except sqlite3.Error as failure:
            error = f"The telemetry cannot be read: {failure}"
    items.sort(key=lambda each: each.operation)  # stable: the order by time stays in each
    traces = [
        (operation, spans(list(found)))
        for operation, found in groupby(items, lambda each: each.operation)
    ]
    tries = request.query.get("tries", "")
    waited = int(tries) if tries.isascii() and tries.isdecimal() and len(tries) < 4 else 0
    return page.html(
        "photo.html",
        about=about,
        traces=traces,
        error=error,
        again=waited + 1 if about and not error and waited < _TRIES and _may_grow(items) else 0,
    )


def _may_grow(items: Iterable[Item]) -> bool:
    """Return whether more of a photo's way may arrive: there is none yet, or it is recent."""
    now = datetime.now(UTC)
    try:
        ages = [now - datetime.fromisoformat(each.time) for each in items]
    except (ValueError, TypeError):  # a time that a sender has made up
        return False
    return not ages or min(ages) < _SETTLED
