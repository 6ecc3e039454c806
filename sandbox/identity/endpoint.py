"""The managed identity endpoint of Container Apps, which knows each app by its secret header.

https://learn.microsoft.com/azure/container-apps/managed-identity#rest-endpoint-reference
"""

import hmac
import logging
import uuid
from collections.abc import Iterator, Mapping

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiMapping

from sandbox.audit import AuditError, Gate
from sandbox.deployment import ContainerApp, Lifecycle, Principal, PrincipalKind
from sandbox.entra import RESOURCES, AccessToken, Issuer
from sandbox.identity.cache import TokenCache, Wanted
from sandbox.refusal import Refusal

_LOG = logging.getLogger(__name__)

PATH = "/msi/token"
# The header by which `keyless as` names the program that it follows.
PROGRAM_HEADER = "X-KEYLESS-PROGRAM"
# The audit's word for a token that was handed out before.
FROM_THE_CACHE = "from the cache"

_SERVICE = "identity"
_API_VERSION = "2019-08-01"
_IDS = ("client_id", "principal_id", "object_id", "mi_res_id")
_NOT_FOUND = (
    "No User Assigned or Delegated Managed Identity found for specified "
    "ClientId/ResourceId/PrincipalId."
)
# Azure/data-api-builder#1939 (2023-12); App Service says "requested managed identity".
_NONE_TO_LOAD = "Unable to load the proper Managed Identity."
# The misspelling is Azure's.
_NO_TOKEN = "An unexpected error occured while fetching the AAD Token."  # noqa: S105
# Characters of a refused resource.
_LONGEST_SHOWN = 200
# Characters of a program's name.
_LONGEST_NAME = 64
_CORRELATION = web.RequestKey("correlation", str)


def requested_identity(
    app: ContainerApp,
    query: Mapping[str, str],
    *,
    unknown_status: int = 400,
    none_gives_tokens: bool = False,
) -> Principal:
    """Return the identity that a request of `app`'s code names, or its system-assigned one.

    Raises Refusal for an identity that is not the app's, or whose lifecycle keeps it from code.
    `none_gives_tokens` lets lifecycle None give it to code; an unknown one has `unknown_status`.
    """
    lifecycles = {Lifecycle.MAIN, Lifecycle.ALL}
    if none_gives_tokens:
        lifecycles.add(Lifecycle.NONE)
    usable = [each.identity for each in app.attachments if each.lifecycle in lifecycles]
    named = [(name, query[name]) for name in _IDS if name in query]
    if len(named) > 1:
        raise _refusal(400, _NOT_FOUND)
    if not named:
        by_system = (each for each in usable if each.kind is PrincipalKind.SYSTEM_ASSIGNED)
        return _first(by_system, _refusal(400, _NONE_TO_LOAD))
    (name, value) = named[0]
    found = (each for each in usable if _has_id(each, name, value))
    unknown = {400: _refusal(400, _NOT_FOUND), 500: _refusal(500, _NO_TOKEN)}
    return _first(found, unknown[unknown_status])


def _has_id(identity: Principal, name: str, value: str) -> bool:
    known = {"client_id": identity.client_id, "mi_res_id": identity.resource_id}
    return known.get(name, identity.principal_id).lower() == value.lower()


def _first(found: Iterator[Principal], otherwise: Refusal) -> Principal:
    for each in found:
        return each
    raise otherwise


def _refusal(status: int, message: str) -> Refusal:
    """Return an answer without a token. Its form has no code."""
    return Refusal(status, "", message, message)


class IdentityEndpoint:
    """Gives each app tokens for the identities that are attached to it, and for no others.

    `unrecorded` is its answer while the audit cannot be written.
    """

    unrecorded = _refusal(503, _NO_TOKEN)

    def __init__(
        self,
        apps: Mapping[str, ContainerApp],
        issuer: Issuer,
        gate: Gate,
        *,
        unknown_status: int = 400,
        wrong_header_status: int = 403,
        none_gives_tokens: bool = False,
        cache_margin: int = 0,
    ) -> None:
        """`apps`, by the secret header that each was started with, may be replaced.

        The statuses answer an identity that is none of the app's, and a header that is no app's.
        `none_gives_tokens` lets lifecycle None give an identity's tokens to code. A cached token is
        renewed `cache_margin` seconds before it expires.
        """
        self.apps = apps
        self.cache = TokenCache(issuer, cache_margin)
        self._issuer = issuer
        self._gate = gate
        self._unknown_status = unknown_status
        self._wrong_header_status = wrong_header_status
        self._none_gives_tokens = none_gives_tokens

    def application(self) -> web.Application:
        """Return the endpoint as an HTTP application, which answers 405 to any method but GET."""
        application = web.Application(middlewares=[_kestrel])
        application.router.add_get(PATH, self._answer, allow_head=False)
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            return self._answered(request)
        except AuditError as error:
            _LOG.error("a token cannot be recorded, so it is not issued: %s", error)
            return error_response(request, self.unrecorded)

    def _answered(self, request: web.Request) -> web.Response:
        app = self.app_of(request)
        if app is None:
            self._gate.refuse(_SERVICE, "GetToken", "wrong or missing X-IDENTITY-HEADER")
            wrong = "X-IDENTITY-HEADER" in request.headers
            return web.Response(status=self._wrong_header_status if wrong else 403)
        try:
            program = request.headers.get(PROGRAM_HEADER, "")[:_LONGEST_NAME]
            answer = self._token(app, _as_kestrel_reads(request.query), program)
            return web.json_response(answer)
        except Refusal as refusal:
            self._gate.refuse(_SERVICE, "GetToken", refusal.message, identity=app.name)
            return error_response(request, refusal)

    def app_of(self, request: web.Request) -> ContainerApp | None:
        """Return the app that a request comes from; None with a wrong header, or without one."""
        return self._app(",".join(request.headers.getall("X-IDENTITY-HEADER", [])))

    def _app(self, header: str) -> ContainerApp | None:
        """Compare in constant time, so that a header cannot be guessed by measuring."""
        given = header.encode("utf-8", "surrogateescape")
        for secret, app in self.apps.items():
            if hmac.compare_digest(secret.encode(), given):
                return app
        return None

    def _token(
        self, app: ContainerApp, query: Mapping[str, str], program: str
    ) -> Mapping[str, str]:
        if query.get("api-version") != _API_VERSION:
            raise _refusal(400, "The api-version is missing or not supported.")
        identity = requested_identity(
            app,
            query,
            unknown_status=self._unknown_status,
            none_gives_tokens=self._none_gives_tokens,
        )
        resource = query.get("resource", "")
        if not resource:
            raise _refusal(400, "The parameter resource is missing.")
        if not self._issuer.knows(resource):
            # Clients retry after a 500, some for over a minute; after a 400 they show the text.
            asked, there = repr(resource[:_LONGEST_SHOWN]), ", ".join(RESOURCES)
            raise _refusal(400, f"This sandbox has no {asked} to get a token for, only {there}.")
        found = self.cache.token(Wanted(identity, resource, app.id, program))
        why = FROM_THE_CACHE if found.again else ""
        self._gate.issued(identity.name, identity.principal_id, found.token, why=why)
        return _as_json(found.token, identity)


@web.middleware
async def _kestrel(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give each answer the headers of Azure's endpoint, which runs on Kestrel.

    Azure/data-api-builder#1939, AzureAD/microsoft-authentication-library-for-dotnet#5077
    """
    request[_CORRELATION] = str(uuid.uuid4())
    try:
        answer = await handler(request)
    except web.HTTPException as refusal:
        allowed = {name: refusal.headers[name] for name in ("Allow",) if name in refusal.headers}
        answer = web.Response(status=refusal.status, headers=allowed)
    if answer.content_type == "application/json":
        answer.enable_chunked_encoding()
    answer.headers.update({"Server": "Kestrel", "X-CORRELATION-ID": request[_CORRELATION]})
    return answer


def _as_kestrel_reads(query: MultiMapping[str]) -> Mapping[str, str]:
    """Fold names, and join repeated values with a comma."""
    read: dict[str, list[str]] = {}
    for name, value in query.items():
        read.setdefault(name.lower(), []).append(value)
    return {name: ",".join(values) for name, values in read.items()}


def _as_json(token: AccessToken, identity: Principal) -> Mapping[str, str]:
    """Times are seconds since the epoch, as text; there is no expires_in."""
    return {
        "access_token": token.text,
        "expires_on": str(token.expires_on),
        "resource": token.audience,
        "token_type": "Bearer",
        "client_id": identity.client_id,
    }


def error_response(request: web.Request, refusal: Refusal) -> web.Response:
    """Return an answer without a token, in the endpoint's form."""
    body = {
        "statusCode": refusal.status,
        "message": refusal.message,
        "correlationId": request[_CORRELATION],
    }
    return web.json_response(body, status=refusal.status, headers=refusal.headers)
