"""The walk of every request: authenticate, name, decide, serve; and its outcome is recorded.

A plane brings the steps (sandbox/plane.py). Their order is here and nowhere else, and so is the
rule that nothing is served which the audit does not have.
"""

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.audit import AuditError, Gate
from sandbox.plane import Granted, HttpPlane, N, Plane, R_contra
from sandbox.refusal import Refusal

_LOG = logging.getLogger(__name__)
_LONGEST_BODY = 1024 * 1024


def permit(plane: Plane[R_contra, N], gate: Gate, request: R_contra) -> Granted[N]:
    """Authenticate, name, decide; record the outcome. Raises Refusal, and AuditError.

    This is the walk as far as it concerns rights. A part of a batch and a link of Service Bus,
    which are no HTTP requests of their own, come this way too.
    """
    step, identity = "Authenticate", ""
    try:
        caller = plane.authenticate(request)
        step, identity = "Name", caller.name
        named = plane.name(request)
    except Refusal as refusal:
        gate.refuse(plane.service, plane.label(request, step), refusal.reason, identity)
        raise
    return Granted(caller, named, plane.decide(gate, caller, named))


async def walk(plane: HttpPlane[N], gate: Gate, request: web.Request) -> web.StreamResponse:
    """Answer a request over HTTP: permit it, then serve it, or render its refusal."""
    try:
        granted = permit(plane, gate, request)
        return await plane.serve(request, granted)
    except Refusal as refusal:
        return await plane.render(request, refusal)
    except AuditError as error:
        _LOG.error(
            "%s: a request cannot be recorded, so it is not served: %s", plane.service, error
        )
        return await plane.render(request, plane.unrecorded)


def application(
    plane: HttpPlane[N], gate: Gate, *, longest_body: int = _LONGEST_BODY
) -> web.Application:
    """Return a plane as an HTTP application for its own host name, behind TLS."""

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await walk(plane, gate, request)

    # A middleware sees every request, also those that aiohttp's router would answer by itself.
    application = web.Application(middlewares=[answer], client_max_size=longest_body)
    # For a request without a route, aiohttp would first make an answer 404 that is never sent.
    application.router.add_route("*", "/{path:.*}", _never)
    return application


async def _never(_: web.Request) -> web.Response:
    raise web.HTTPNotFound
