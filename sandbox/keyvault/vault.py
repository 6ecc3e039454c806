"""A key vault over HTTP: the walk of each request, step by step, to Azure's answer."""

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.assumptions import LIKELY, Assumptions
from sandbox.audit import Gate
from sandbox.deployment import Vault
from sandbox.entra import Caller, Verifier
from sandbox.keyvault import headers
from sandbox.keyvault.authenticate import authenticate, challenge
from sandbox.keyvault.bundle import Json
from sandbox.keyvault.database import Database
from sandbox.keyvault.decide import SERVICE, decide
from sandbox.keyvault.name import Named, is_host_of, name
from sandbox.keyvault.refusal import Refusal, bad_parameter
from sandbox.keyvault.seal import SealBrokenError
from sandbox.keyvault.serve import declare, refuse_missing, serve
from sandbox.keyvault.shelf import Shelf
from sandbox.rbac import Allowed

_LOG = logging.getLogger(__name__)
# A backup holds every version that a secret ever had.
_LONGEST_BODY = 16 * 1024 * 1024
_ALLOWED = web.RequestKey("allowed", Allowed)
_TOO_LARGE = Refusal(413, "BadParameter", "Request body is too large.")
_FAILED = Refusal(500, "InternalServerError", "The server encountered an internal error.")


class KeyVault:
    """One vault: its secrets, and the HTTP application that speaks for it."""

    def __init__(
        self,
        vault: Vault,
        tenant_id: str,
        verifier: Verifier,
        gate: Gate,
        *,
        database: Path,
        key: bytes,
        clock: Callable[[], float] = time.time,
        assumed: Assumptions = LIKELY,
    ) -> None:
        """Open the vault's file, and make the secrets that the deployment declares.

        `verifier` accepts tokens for VAULT_AUDIENCES; `key` (32 bytes) seals the values. Raises
        DatabaseError, or ValueError for a key of another length.
        """
        self._vault = vault
        self._tenant_id = tenant_id
        self._verifier = verifier
        self._gate = gate
        self._assumed = assumed
        self._database = Database(database, key)
        self._shelf = Shelf(vault, self._database, clock, assumed.vault_versions)
        declare(self._shelf, vault.secrets)

    def application(self) -> web.Application:
        """The vault as an HTTP application for its own host name, behind TLS."""

        # A middleware sees every request, also those that aiohttp's router would answer by itself.
        application = web.Application(middlewares=[self._walk], client_max_size=_LONGEST_BODY)
        # For each that it has no route for, it would make an answer 404 that nobody gets.
        application.router.add_route("*", "/{path:.*}", _nothing)
        return application

    def is_as_declared(self, name: str) -> bool:
        """Whether a secret has the value that the deployment declared: nobody has set it since."""
        declared = {each.name: each.value for each in self._vault.secrets}
        found = self._shelf.secrets.get(name)
        try:
            return found is not None and self._shelf.secrets.value(found) == declared.get(name)
        except SealBrokenError:
            return False

    def close(self) -> None:
        """Close the vault's file."""
        self._database.close()

    @web.middleware
    async def _walk(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            body = await self._answer(request)
        except Refusal as refusal:
            return self._response(request, refusal.status, refusal.body())
        except web.HTTPRequestEntityTooLarge:
            return self._response(request, 413, _TOO_LARGE.body())
        except (sqlite3.Error, SealBrokenError, OSError) as error:
            # The name of the error only: its text could repeat what must stay secret.
            _LOG.error("the vault could not answer: %s", type(error).__name__)
            return self._response(request, 500, _FAILED.body())
        return self._response(request, 200 if body else 204, body)

    async def _answer(self, request: web.Request) -> Json | None:
        """The four steps. Raises Refusal at the first that turns the request away."""
        caller = self._authenticated(request)
        named = self._named(request, caller)
        request[_ALLOWED] = self._decided(caller, named)
        return serve(self._shelf, named, await request.read())

    def _authenticated(self, request: web.Request) -> Caller:
        try:
            if not is_host_of(self._vault, request.headers.get("Host", "")):
                raise bad_parameter("The request hostname is invalid.", "another vault's host")
            authorization = request.headers.getall("Authorization", [])
            return authenticate(self._verifier, self._tenant_id, authorization)
        except Refusal as refusal:
            self._gate.refuse(SERVICE, "Authenticate", refusal.reason)
            raise

    def _named(self, request: web.Request, caller: Caller) -> Named:
        try:
            return name(self._vault, request.method, request.raw_path)
        except Refusal as refusal:
            self._gate.refuse(SERVICE, "Name", refusal.reason, identity=caller.name)
            raise

    def _decided(self, caller: Caller, named: Named) -> Allowed:
        try:
            return decide(self._gate, self._vault, caller, named)
        except Refusal:
            if self._assumed.vault_missing == "existence":
                refuse_missing(self._shelf, named)
            raise

    def _response(self, request: web.Request, status: int, body: Json | None) -> web.Response:
        client_request_id = request.headers.get("x-ms-client-request-id", "")
        shown = headers.standard(self._vault, client_request_id)
        if _ALLOWED in request:
            shown |= headers.of_decision(request[_ALLOWED])
        if status == 401:
            shown["WWW-Authenticate"] = challenge(self._tenant_id)
        if body is None:
            return web.Response(status=status, headers=shown)
        return web.json_response(body, status=status, headers=shown)


async def _nothing(_: web.Request) -> web.Response:
    """Never asked: the middleware answers."""
    raise web.HTTPNotFound
