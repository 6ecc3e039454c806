"""A key vault: its steps of the walk, and the HTTP application that they make."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from aiohttp import web

from sandbox.audit import Gate
from sandbox.deployment import Vault
from sandbox.entra import Caller, Verifier
from sandbox.keyvault import errors
from sandbox.keyvault.authenticate import authenticate, challenge
from sandbox.keyvault.database import Database
from sandbox.keyvault.encryption import DecryptionError
from sandbox.keyvault.name import Named, is_host_of, name
from sandbox.keyvault.response import Json, headers, headers_of_decision
from sandbox.keyvault.serve import declare, refuse_missing, serve
from sandbox.keyvault.store import DeletedSecrets, LiveSecrets, SecretStore
from sandbox.plane import Granted, HttpPlane
from sandbox.rbac import Allowed, Denied
from sandbox.refusal import Refusal
from sandbox.walk import application

_LOG = logging.getLogger(__name__)
# A backup holds every version that a secret ever had.
_LONGEST_BODY = 16 * 1024 * 1024
_ALLOWED = web.RequestKey("allowed", Allowed)


class KeyVault(HttpPlane[Named]):
    """One vault, with its secrets."""

    service = "vault"
    unrecorded = errors.failed()

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
        existence_first: bool = False,
        versions_by: Literal["creation", "id"] = "creation",
    ) -> None:
        """Open the vault's file, and make the secrets that the deployment declares.

        `verifier` accepts tokens for VAULT_AUDIENCES; `key` (32 bytes) encrypts the values.
        `existence_first` answers a denial on a secret that does not exist with 404.
        Raises DatabaseError, or ValueError for a key of another length.
        """
        self._vault = vault
        self._tenant_id = tenant_id
        self._verifier = verifier
        self._gate = gate
        self._existence_first = existence_first
        self._database = Database(database, key)
        live, deleted = LiveSecrets(self._database), DeletedSecrets(self._database)
        self._store = SecretStore(vault, live, deleted, clock, versions_by)
        declare(self._store, vault.secrets)

    def application(self) -> web.Application:
        """Return the vault as an HTTP application."""
        return application(self, self._gate, longest_body=_LONGEST_BODY)

    def deploy(self, vault: Vault) -> None:
        """Take the settings of `vault`, which has the same name, and make its new secrets.

        A secret that the deployment no longer declares stays, as on Azure. Raises sqlite3.Error.
        """
        self._vault = self._store.vault = vault
        declare(self._store, vault.secrets)

    def close(self) -> None:
        """Close the vault's file."""
        self._database.close()

    def is_as_declared(self, name: str) -> bool:
        """Return whether a secret still has the value that the deployment declared."""
        declared = {each.name: each.value for each in self._vault.secrets}
        found = self._store.live.get(name)
        try:
            return found is not None and self._store.live.value(found) == declared.get(name)
        except DecryptionError:
            return False

    def authenticate(self, request: web.Request) -> Caller:
        """Return the caller. Raises Refusal 401, or 400 for the host of another vault."""
        if not is_host_of(self._vault, request.headers.get("Host", "")):
            raise errors.bad_parameter("The request hostname is invalid.", "another vault's host")
        authorization = request.headers.getall("Authorization", [])
        return authenticate(self._verifier, self._tenant_id, authorization)

    def name(self, request: web.Request) -> Named:
        """Return the operation and the secret. Raises Refusal 400, 404 or 405."""
        return name(self._vault, request.method, request.raw_path)

    def deny(self, caller: Caller, named: Named, denied: Denied) -> Refusal:
        """Return Azure's 403. Raises Refusal 404 for a missing secret if existence comes first."""
        if self._existence_first:
            with _answered_500():
                refuse_missing(self._store, named)
        vault = self._vault
        return errors.forbidden(caller, denied.requirement, vault.name, vault.location)

    async def serve(self, request: web.Request, granted: Granted[Named]) -> web.Response:
        """Return the answer to an operation on the store. Raises Refusal."""
        request[_ALLOWED] = granted.allowed[0]
        try:
            content = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise errors.too_large() from None
        with _answered_500():
            body = serve(self._store, granted.named, content)
        return self._response(request, 204 if body is None else 200, body)

    async def render(self, request: web.Request, refusal: Refusal) -> web.Response:
        """Return the error as JSON, with the challenge if the token is missing."""
        response = self._response(request, refusal.status, errors.body(refusal))
        response.headers.update(refusal.headers)
        return response

    def _response(self, request: web.Request, status: int, body: Json | None) -> web.Response:
        client_request_id = request.headers.get("x-ms-client-request-id", "")
        shown = headers(self._vault, client_request_id)
        if _ALLOWED in request:
            shown |= headers_of_decision(request[_ALLOWED])
        if status == 401:
            shown["WWW-Authenticate"] = challenge(self._tenant_id)
        if body is None:
            return web.Response(status=status, headers=shown)
        return web.json_response(body, status=status, headers=shown)


@contextmanager
def _answered_500() -> Iterator[None]:
    """Raise Refusal 500 when the vault's file fails."""
    try:
        yield
    except (sqlite3.Error, DecryptionError, OSError) as error:
        # The name of the error only: its text could repeat what must stay secret.
        _LOG.error("the vault could not answer: %s", type(error).__name__)
        raise errors.failed() from error
