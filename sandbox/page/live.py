"""The view of decisions as they are made."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress

from aiohttp import web

from sandbox.audit import Outcome
from sandbox.page.decisions import Row, row
from sandbox.page.feed import Entry
from sandbox.page.rendering import Page

# Rows of one answer or event; the page keeps no more.
MOST = 200
_PAUSE = 0.05
# A comment finds out whether the browser is still there.
_ALIVE_EVERY = 15 / _PAUSE
_MOST_LISTENERS = 16


async def show(page: Page, request: web.Request) -> web.StreamResponse:
    """Return the latest decisions, newest first."""
    who, outcome = _wanted(request)
    rows = _rows(page.feed.after(), who, outcome, page.apis)
    return page.html(
        "live.html",
        rows=rows[::-1],
        names=page.names,
        who=who,
        outcome=outcome,
        outcomes=[each.value for each in Outcome],
        last=page.feed.last,
        most=MOST,
    )


async def events(page: Page, request: web.Request) -> web.StreamResponse:
    """Send new decisions as server-sent events, each with the rows as HTML, until the page ends."""
    if page.listeners >= _MOST_LISTENERS:
        raise web.HTTPServiceUnavailable(text="Too many of these pages are open.\n")
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    page.listeners += 1
    try:
        await response.prepare(request)
        with suppress(ConnectionError):
            await _send(page, request, response)
    finally:
        page.listeners -= 1
    return response


async def _send(page: Page, request: web.Request, response: web.StreamResponse) -> None:
    who, outcome = _wanted(request)
    after, silent = _after(request), 0
    while not page.stopping.is_set():
        entries = page.feed.after(after)
        silent += 1
        if entries:
            after, silent = entries[-1].number, 0
            rows = _rows(entries, who, outcome, page.apis)[::-1]
            data = {"html": page.render("rows.html", rows=rows), "count": len(rows)}
            await response.write(f"id: {after}\ndata: {json.dumps(data)}\n\n".encode())
        elif silent >= _ALIVE_EVERY:
            silent = 0
            await response.write(b":\n\n")
        with suppress(TimeoutError):
            await asyncio.wait_for(page.stopping.wait(), _PAUSE)


def _rows(entries: Iterable[Entry], who: str, outcome: str, apis: Mapping[str, str]) -> list[Row]:
    wanted = (
        row(each, apis)
        for each in entries
        if who in {"", each.record.identity} and outcome in {"", each.record.outcome.value}
    )
    return list(wanted)[-MOST:]


def _wanted(request: web.Request) -> tuple[str, str]:
    return request.query.get("who", ""), request.query.get("outcome", "")


def _after(request: web.Request) -> int:
    """Return the number of the last record that a browser has; 0 for anything else."""
    given = request.headers.get("Last-Event-ID") or request.query.get("after", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else 0
