"""Application Insights: its steps of the walk, and the HTTP application that they make."""

import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from sandbox.audit import Gate
from sandbox.deployment import Component
from sandbox.entra import Caller, TokenRefused, Verifier, bearer_token
from sandbox.plane import Granted, HttpPlane
from sandbox.rbac import Denied, Requirement
from sandbox.refusal import Refusal
from sandbox.telemetry import errors
from sandbox.telemetry.serve import LARGEST, envelopes, serve
from sandbox.telemetry.store import SERVICE, Store
from sandbox.walk import application

_LOG = logging.getLogger(__name__)

_PATH = "/v2.1/track"
_OLDER = "/v2/track"


@dataclass(frozen=True)
class Operation:
    """The one operation that takes a token."""

    name: str
    action: str


# https://learn.microsoft.com/azure/role-based-access-control/permissions/monitor#microsoftinsights
TRACK = Operation("Track", "Microsoft.Insights/Telemetry/Write")


@dataclass(frozen=True)
class Named:
    """A request that is understood. `scope` is the resource id that the action is required on."""

    operation: Operation
    scope: str

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Return the right that the operation takes."""
        return (Requirement.of(self.scope, self.operation.action),)


class Insights(HttpPlane[Named]):
    """One component, with the telemetry that it has taken in."""

    service = SERVICE
    unrecorded = errors.plain(503, "the audit cannot be written")

    def __init__(
        self, component: Component, verifier: Verifier, gate: Gate, *, database: Path
    ) -> None:
        """Open the file of telemetry. `verifier` accepts tokens for MONITOR_AUDIENCES.

        Raises StoreError.
        """
        self._component = component
        self._verifier = verifier
        self._gate = gate
        self._store = Store(database)

    def application(self) -> web.Application:
        """Return the component's ingestion endpoint as an HTTP application."""
        return application(self, self._gate, longest_body=LARGEST)

    def deploy(self, component: Component) -> None:
        """Take the settings of `component`, which has the same host."""
        self._component = component

    def close(self) -> None:
        """Close the file of telemetry."""
        self._store.close()

    def authenticate(self, request: web.Request) -> Caller:
        """Return the caller. Raises Refusal 401, or 400 for the host of another component."""
        host = request.headers.get("Host", "").lower().removesuffix(":443")
        if host != self._component.host.lower():
            raise errors.plain(400, "another component's host")
        token = bearer_token(request.headers.getall("Authorization", []))
        if token is None:
            raise errors.unauthorized("there is not one bearer token")
        try:
            return self._verifier.verify(token)
        except TokenRefused as refused:
            raise errors.unauthorized(f"the token is {refused.reason}") from None

    def name(self, request: web.Request) -> Named:
        """Return the operation, which there is one of. Raises Refusal 400, 404 or 405."""
        # Exporters put their path behind an endpoint that ends in a slash, and Azure does not mind.
        path = f"/{request.raw_path.lstrip('/')}"
        if path not in {_PATH, _OLDER}:
            raise errors.plain(404, "there is no such path")
        if request.method != "POST":
            raise errors.plain(405, "the method is not allowed")
        if path == _OLDER:
            raise errors.older_api()
        return Named(TRACK, self._component.id)

    def deny(self, caller: Caller, named: Named, denied: Denied) -> Refusal:
        """Return Azure's 403."""
        return errors.forbidden()

    async def serve(self, request: web.Request, granted: Granted[Named]) -> web.Response:
        """Keep the items of the body, and return a receipt. Raises Refusal."""
        encoding = request.headers.get("Content-Encoding", "")
        try:
            sent = envelopes(await request.read(), encoding)
            receipt = serve(self._store, self._component, granted.caller, sent)
        except (sqlite3.Error, OSError) as error:
            _LOG.error("telemetry could not be kept: %s", error)
            raise errors.plain(503, "the file of telemetry cannot be written") from error
        return web.json_response(receipt.body(), status=receipt.status)

    async def render(self, request: web.Request, refusal: Refusal) -> web.Response:
        """Return the error in the status line alone."""
        return web.Response(status=refusal.status, reason=refusal.message)
