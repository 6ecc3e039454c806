"""The view of the deployment on disk beside the one in force, with a button to apply it."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from sandbox.audit import AuditError
from sandbox.deployment import DEPLOYED, digest, edited_since, origin, source
from sandbox.deployment.changes import Change, changes
from sandbox.deployment.on_disk import OnDisk, OnDiskError
from sandbox.deployment.short_names import short_scope
from sandbox.page.on_record import may_deploy
from sandbox.page.rendering import Page
from sandbox.rbac import Denied
from sandbox.state import PROJECT

_STALE = "This is not the latest comparison: compare again."


@dataclass(frozen=True)
class Shown:
    """The outcome of a comparison or of an apply: its changes, or why there are none."""

    heading: str
    changes: tuple[Change, ...] = ()
    note: str = ""
    error: str = ""
    reasons: tuple[str, ...] = ()
    denied: Denied | None = None
    who: str = ""
    digest: str = ""
    file: str = ""


@dataclass(frozen=True)
class Waiting:
    """The file that the next start deploys, the Bicep that was edited since, or an error.

    `may_differ` is false if it is the snapshot in force.
    """

    name: str
    edited: tuple[str, ...] = ()
    may_differ: bool = False
    error: str = ""


async def show(page: Page, _: web.Request) -> web.StreamResponse:
    """Return the two deployments by name, and whether their files differ."""
    return await _view(page)


async def compare(page: Page, _: web.Request) -> web.StreamResponse:
    """Read or compile the deployment on disk, and show each change that it would make."""
    try:
        page.on_disk = await _read(page)
        found = await page.running.change("compare", page.on_disk.request)
    except OnDiskError as error:
        return await _view(page, Shown(str(error), error=str(error), reasons=error.reasons))
    except (ValueError, KeyError, OSError) as error:
        return await _view(page, Shown("", error=_sentence(error)))
    listed = tuple(changes(found))
    heading = "To apply this would change" if listed else "The deployment on disk is in force."
    read = page.on_disk
    file = _name(read.bicep or read.source)
    shown = Shown(heading, listed, read.note, digest=read.digest, file=file)
    return await _view(page, shown)


async def apply(page: Page, request: web.Request) -> web.StreamResponse:
    """Put the compared deployment into force as a principal whose roles allow it."""
    form = await request.post()
    who, wanted = str(form.get("who", "")), page.on_disk
    if wanted is None or form.get("digest") != wanted.digest or who not in page.names:
        return await _view(page, Shown("", error=_STALE), status=409)
    principal = page.running.planes.deployment.principal(who)
    try:
        found = await page.running.change("compare", wanted.request)
        if denied := may_deploy(page.running, principal, roles=bool(found["roles"])):
            what, on = denied.action.name, short_scope(denied.requirement.scope)
            error = f"{who} may not deploy: none of its roles allows {what} on {on}."
            return await _view(page, Shown("", error=error, denied=denied, who=who), status=403)
        found = await page.running.change("apply", wanted.request)
    except (AuditError, ValueError, KeyError, OSError) as error:
        return await _view(page, Shown("", error=_sentence(error)))
    page.on_disk = None
    heading = f"In force after {found['seconds']:.2f} s, applied by {who}"
    note = await _written(wanted) or wanted.note
    return await _view(page, Shown(heading, tuple(changes(found)), note))


async def _written(applied: OnDisk) -> str:
    """Keep what was compiled beside its Bicep; return a sentence if that fails."""
    try:
        await asyncio.to_thread(applied.write)
    except OSError as error:
        return f"The compiled snapshot could not be written: {error}"
    return ""


async def _read(page: Page) -> OnDisk:
    """Compile in a thread, one at a time: the compiler takes seconds, and much memory."""
    async with page.reading:
        return await asyncio.to_thread(page.running.read_disk, page.running.state)


async def _view(page: Page, shown: Shown | None = None, *, status: int = 200) -> web.Response:
    planes = page.running.planes
    drift = planes.assignments.drift
    return page.html(
        "policy.html",
        status=status,
        on_disk=await asyncio.to_thread(_on_disk, page),
        by_hand=len(drift.made),
        deleted=len(drift.deleted),
        assignments=len(planes.deployment.assignments),
        names=page.names,
        deployer=planes.deployment.deployer.name,
        shown=shown,
    )


def _on_disk(page: Page) -> Waiting:
    """Return the deployment on disk, as far as it is known without a compiler."""
    state = page.running.state
    try:
        named, snapshot = origin(state), source(state)
    except ValueError as error:
        return Waiting("", error=str(error))
    differs = digest(snapshot) != digest(state.path(DEPLOYED))
    return Waiting(_name(named), edited_since(named), differs or named != snapshot)


def _name(path: Path) -> str:
    return str(path.relative_to(PROJECT)) if path.is_relative_to(PROJECT) else str(path)


def _sentence(error: Exception) -> str:
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
