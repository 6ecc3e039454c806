"""The view of the open lab: its story, the prediction, hints, the check, and its goal."""

import asyncio

from aiohttp import web

from sandbox.deployment import standing_assignments
from sandbox.page import picture as drawing
from sandbox.page.open_lab import Checked, OpenLab
from sandbox.page.picture import Identity, identities, picture
from sandbox.page.rendering import Page
from sandbox.rbac import Assignments


async def show(page: Page, _: web.Request) -> web.StreamResponse:
    """Return the lab, or how to start one."""
    return await _view(page)


async def act(page: Page, request: web.Request) -> web.StreamResponse:
    """Give the next hint, or check the lab."""
    wanted, lab = str((await request.post()).get("act", "")), await _lab(page)
    if lab is None or wanted not in {"hint", "check"}:
        return await _view(page, status=400)
    if wanted == "hint":
        await asyncio.to_thread(lab.hint)
        return await _view(page)
    async with page.reading:
        checked = await asyncio.to_thread(lab.check)
    return await _view(page, checked)


async def _view(page: Page, checked: Checked | None = None, *, status: int = 200) -> web.Response:
    lab, error = None, ""
    try:
        lab = await _lab(page)
    except (ValueError, OSError) as failure:
        error = str(failure)
    planes, goal = page.running.planes, tuple[Identity, ...]()
    if lab is not None:
        standing = standing_assignments(lab.goal)
        meant = Assignments(lab.goal.assignments, lab.goal.custom_roles, standing=standing)
        goal = identities(lab.goal, meant)
    return page.html(
        "lab.html",
        status=status,
        lab=lab,
        state=page.running.state.root,
        error=error,
        checked=checked,
        goal=goal,
        wanted=picture(goal, ()),
        # Without the latest requests: those of a check ask for far more than is granted.
        now=picture(identities(planes.deployment, planes.assignments), ()),
        d=drawing,
    )


async def _lab(page: Page) -> OpenLab | None:
    return await asyncio.to_thread(page.running.read_lab, page.running.state)
