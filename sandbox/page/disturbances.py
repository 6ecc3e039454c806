"""The view of faults and settings, for the teacher."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from aiohttp import web

from sandbox.audit import AuditError
from sandbox.faults import FAULTS, ActiveFault, Fault, seconds_of
from sandbox.faults import fault as fault_called
from sandbox.page.on_record import record
from sandbox.page.rendering import Page
from sandbox.page.running import Json

_USUAL = "30s"
_SETTINGS = ("token-lifetime", "propagation", "endpoint-cache")
_PLANES = {
    "identity": "Identity endpoint and tokens",
    "vault": "Key Vault",
    "blob": "Blob Storage",
    "bus": "Service Bus",
    "partner": "The partner of the webhooks",
}
_FOR_EVERYBODY = "{} meets every caller alike: choose everyone."
_SEED_LENGTH = 64


@dataclass(frozen=True)
class InForce:
    """A fault in force, or an incident, whose faults stay hidden. `end` ends it."""

    name: str
    on: str
    until: str
    end: str


async def show(page: Page, _: web.Request) -> web.StreamResponse:
    """Return the faults, those in force, and the settings."""
    return await _view(page)


async def change_settings(page: Page, request: web.Request) -> web.StreamResponse:
    """Change the settings that the form names, all or none."""
    form = await _form(request)
    asked = {name: form[name].strip() for name in _SETTINGS if name in form}
    operation = "Set " + " ".join(f"{name}={value[:20]}" for name, value in asked.items())
    return await _changed(page, "set", asked, operation)


async def disturb(page: Page, request: web.Request) -> web.StreamResponse:
    """Begin a fault or an incident, or end some."""
    form = await _form(request)
    try:
        body, operation = _wanted(form)
    except ValueError as error:
        return await _view(page, form, error=str(error))
    return await _changed(page, "fault", body, operation, form)


def _wanted(form: Mapping[str, str]) -> tuple[Json, str]:
    """Return the request to the control channel, and its name in the audit. Raises FaultError."""
    if (end := form.get("end")) is not None:
        return {"end": end}, f"EndFault {end or 'all'}"
    if "seed" in form:
        seed = form["seed"].strip()[:_SEED_LENGTH]
        return {"seed": seed, "count": 3}, f"BeginIncident {seed}"
    found, on = fault_called(form.get("begin", "")), form.get("on", "")
    if on and not found.for_one:
        raise ValueError(_FOR_EVERYBODY.format(found.name))
    body = {"begin": found.name, "on": on, "seconds": seconds_of(form.get("for") or _USUAL)}
    return body, f"BeginFault {found.name}{f' on {on}' if on else ''}"


async def _changed(
    page: Page, verb: str, body: Json, operation: str, form: Mapping[str, str] | None = None
) -> web.Response:
    """Carry out a change as the deployer, on record."""
    try:
        found = await page.running.change(verb, body)
        record(page.running, page.running.planes.deployment.deployer, operation)
    except (AuditError, ValueError, KeyError, OSError) as error:
        return await _view(page, form, error=str(error))
    return await _view(page, form, done=operation, warnings=found.get("warnings", ()))


async def _view(
    page: Page,
    form: Mapping[str, str] | None = None,
    *,
    done: str = "",
    error: str = "",
    warnings: Iterable[str] = (),
) -> web.Response:
    deployment, given = page.running.planes.deployment, form or {}
    now = await page.running.change("set", {})
    callers = dict.fromkeys([*(app.name for app in deployment.apps), *page.names])
    return page.html(
        "faults.html",
        status=400 if error else 200,
        settings=now["settings"],
        planes={_PLANES.get(each, each): list(found) for each, found in _by_plane()},
        active=_in_force(page.running.planes.faults.active()),
        callers=list(callers),
        on=given.get("on", ""),
        lasts=given.get("for", _USUAL),
        done=done,
        error=error,
        warnings=list(warnings),
        deployer=deployment.deployer.name,
    )


def _by_plane() -> Iterable[tuple[str, Iterable[Fault]]]:
    return groupby(FAULTS, lambda each: each.plane)


def _in_force(active: Iterable[ActiveFault]) -> list[InForce]:
    """Return the faults in force; those of an incident as one, without their names."""
    found = dict[str, InForce]()
    for each in active:
        until = datetime.fromtimestamp(each.ends, UTC).strftime("%H:%M:%S UTC")
        if each.incident:
            name = f"incident {each.incident}"
            found[name] = InForce(name, "", until, "")
        else:
            on = each.target.name if each.target else "everyone"
            found[f"{each.fault.name} {on}"] = InForce(each.fault.name, on, until, each.fault.name)
    return list(found.values())


async def _form(request: web.Request) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.post()).items()}
