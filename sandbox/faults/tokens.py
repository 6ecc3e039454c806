"""Faults of the identity endpoint, and tokens that a clock which is wrong has dated."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.audit import AuditError, Gate
from sandbox.faults.active import Faults
from sandbox.faults.effects import Skew
from sandbox.faults.requests import Door, Known, around
from sandbox.identity import IdentityEndpoint, error_response
from sandbox.refusal import Refusal

_SERVICE = "identity"
_skew = ContextVar("skew", default=0.0)


def skewed(clock: Callable[[], float]) -> Callable[[], float]:
    """Return `clock` as the issuer of tokens reads it: wrong in a request that such a fault met."""
    return lambda: clock() + _skew.get()


def identity_application(endpoint: IdentityEndpoint, faults: Faults, gate: Gate) -> web.Application:
    """Return the identity endpoint as an HTTP application, with its faults."""
    door = _IdentityDoor(endpoint)

    @web.middleware
    async def date(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not faults.any_on(_SERVICE):
            return await handler(request)
        known = door.known(request)
        active = faults.find(_SERVICE, Skew, app=known.app)
        if active is None or not isinstance(active.fault.effect, Skew):
            return await handler(request)
        try:
            gate.refuse(_SERVICE, known.operation, active.reason, known.identity)
        except AuditError:
            return await door.render(request, door.unrecorded())
        with _wrong_by(active.fault.effect.seconds):
            return await handler(request)

    # A token of a wrong date is not kept, and no other is given in its place.
    endpoint.cache.passed_by = lambda: _skew.get() != 0
    application = around(endpoint.application(), door, faults, gate, last=True)
    application.middlewares.append(date)
    return application


@contextmanager
def _wrong_by(seconds: float) -> Iterator[None]:
    before = _skew.set(seconds)
    try:
        yield
    finally:
        _skew.reset(before)


class _IdentityDoor(Door):
    """The identity endpoint, which knows its callers by the header of their app."""

    service = _SERVICE

    def __init__(self, endpoint: IdentityEndpoint) -> None:
        self._endpoint = endpoint

    def known(self, request: web.Request) -> Known:
        app = self._endpoint.app_of(request)
        name = app.name if app else ""
        return Known("GetToken", identity=name, app=name)

    async def render(self, request: web.Request, refusal: Refusal) -> web.StreamResponse:
        return error_response(request, refusal)

    def unrecorded(self) -> Refusal:
        return self._endpoint.unrecorded
