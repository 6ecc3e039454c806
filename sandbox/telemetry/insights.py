"""A component's ingestion endpoint over HTTP: the walk of each request, to Azure's answer."""

import logging
import sqlite3
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.audit import Gate
from sandbox.deployment import Component
from sandbox.entra import Caller, Verifier
from sandbox.telemetry.authenticate import authenticate
from sandbox.telemetry.body import LARGEST, envelopes
from sandbox.telemetry.decide import SERVICE, decide
from sandbox.telemetry.name import Named, check_host, name
from sandbox.telemetry.refusal import Refusal
from sandbox.telemetry.serve import Answer, serve
from sandbox.telemetry.store import Store

_LOG = logging.getLogger(__name__)


class Insights:
    """One component: what it was told, and the HTTP application that takes it in."""

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
        """The endpoint as an HTTP application for its own host name, behind TLS."""
        # A middleware sees every request, also those that aiohttp's router would answer by itself.
        application = web.Application(middlewares=[self._walk], client_max_size=LARGEST)
        application.router.add_route("*", "/{path:.*}", _nothing)
        return application

    def close(self) -> None:
        """Close the file of telemetry."""
        self._store.close()

    @web.middleware
    async def _walk(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            answer = await self._answer(request)
        except Refusal as refusal:
            return web.Response(status=refusal.status, reason=refusal.phrase)
        except (sqlite3.Error, OSError) as error:
            _LOG.error("telemetry could not be kept: %s", error)
            return web.Response(status=503, reason="Service Unavailable")
        return web.json_response(answer.body(), status=answer.status)

    async def _answer(self, request: web.Request) -> Answer:
        """The four steps. Raises Refusal at the first that turns the request away."""
        caller = self._authenticated(request)
        named = self._named(request, caller)
        decide(self._gate, caller, named)
        encoding = request.headers.get("Content-Encoding", "")
        sent = envelopes(await request.read(), encoding)
        return serve(self._store, self._component, caller, sent)

    def _authenticated(self, request: web.Request) -> Caller:
        try:
            check_host(self._component, request.headers.get("Host", ""))
            return authenticate(self._verifier, request.headers.getall("Authorization", []))
        except Refusal as refusal:
            self._gate.refuse(SERVICE, "Authenticate", refusal.reason)
            raise

    def _named(self, request: web.Request, caller: Caller) -> Named:
        try:
            return name(self._component, request.method, request.raw_path)
        except Refusal as refusal:
            self._gate.refuse(SERVICE, "Name", refusal.reason, identity=caller.name)
            raise


async def _nothing(_: web.Request) -> web.Response:
    """Never asked: the middleware answers."""
    raise web.HTTPNotFound
