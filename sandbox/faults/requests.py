"""Faults of the planes that speak HTTP: a middleware around each plane's application."""

import asyncio
import logging
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.audit import AuditError, Gate
from sandbox.faults.active import ActiveFault, Faults
from sandbox.faults.effects import Answer, Late, Reset
from sandbox.plane import HttpPlane, N
from sandbox.refusal import Refusal

_LOG = logging.getLogger(__name__)
_READS = frozenset({"GET", "HEAD"})
# SO_LINGER with a time of zero: the connection ends with a reset, and not with its usual end.
_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Known:
    """A request as a fault sees it, before the plane serves it.

    `principal` and `identity` are the caller's, empty without a valid token; `app` is the caller
    at the identity endpoint.
    """

    operation: str
    principal: str = ""
    identity: str = ""
    app: str = ""


class Door(Protocol):
    """A plane, as a fault in front of it sees it. `service` is its name in the audit."""

    service: str

    def known(self, request: web.Request) -> Known:
        """Return the caller and the operation of a request."""

    async def render(self, request: web.Request, refusal: Refusal) -> web.StreamResponse:
        """Return an error in the form of the plane."""

    def unrecorded(self) -> Refusal:
        """Return the plane's error while the audit cannot be written."""


class PlaneDoor(Door):
    """The door of a plane that takes tokens: it looks at a request as the plane's walk does."""

    def __init__(self, plane: HttpPlane[N]) -> None:
        self._plane = plane
        self.service = plane.service

    def known(self, request: web.Request) -> Known:
        """Return the caller that the token proves, and the operation, as far as they are valid."""
        plane = self._plane
        try:
            caller = plane.authenticate(request)
        except Refusal:
            return Known(plane.label(request, "Authenticate"))
        try:
            operation = plane.name(request).operation.name
        except Refusal:
            operation = plane.label(request, "Name")
        return Known(operation, caller.principal_id, caller.name)

    async def render(self, request: web.Request, refusal: Refusal) -> web.StreamResponse:
        return await self._plane.render(request, refusal)

    def unrecorded(self) -> Refusal:
        return self._plane.unrecorded


def around(
    application: web.Application, door: Door, faults: Faults, gate: Gate, *, last: bool = False
) -> web.Application:
    """Return `application`, with the faults of its plane in front of it.

    They are the first of its middlewares, or the `last`, where another gives each answer headers.
    """

    @web.middleware
    async def meet(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not faults.any_on(door.service):
            return await handler(request)
        known = door.known(request)
        active = faults.find(
            door.service, Answer, Late, Reset, principal=known.principal, app=known.app
        )
        if active is None:
            return await handler(request)
        try:
            gate.refuse(door.service, known.operation, active.reason, known.identity)
        except AuditError as error:
            _LOG.error("%s: a fault cannot be recorded: %s", door.service, error)
            return await door.render(request, door.unrecorded())
        return await _met(request, handler, active, door, faults)

    application.middlewares.insert(len(application.middlewares) if last else 0, meet)
    return application


async def _met(
    request: web.Request, handler: Handler, active: ActiveFault, door: Door, faults: Faults
) -> web.StreamResponse:
    match active.fault.effect:
        case Answer(refusal):
            return await door.render(request, refusal)
        case Late(seconds):
            held = min(seconds, faults.remaining(active))
            return await _in_place(request, handler, lambda: asyncio.sleep(held))
        case _:
            return await _in_place(request, handler, lambda: _reset(request))


async def _in_place(
    request: web.Request, handler: Handler, meanwhile: Callable[[], Awaitable[None]]
) -> web.StreamResponse:
    """Return the answer after `meanwhile`; a write is carried out before it.

    An answer to a read may be a stream, which is sent as it is made.
    """
    if request.method in _READS:
        await meanwhile()
        return await handler(request)
    response = await handler(request)
    await meanwhile()
    return response


async def _reset(request: web.Request) -> None:
    """Reset the connection, and wait for the end of the request that it brings."""
    if request.transport is not None:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        request.transport.abort()
    await asyncio.Event().wait()
