"""The view of one photo's way through the services, by its id."""

import asyncio
import sqlite3
from itertools import groupby

from aiohttp import web

from sandbox.page.rendering import Page
from sandbox.telemetry import FILE, spans, trace_of

_LONGEST_ID = 128


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
    return page.html("photo.html", about=about, traces=traces, error=error)
