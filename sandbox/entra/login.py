"""login.microsoftonline.com: discovery, the published keys, and the sign-in of people."""

import logging
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import CIMultiDict

from sandbox.entra import metadata
from sandbox.entra.errors import (
    OAuthError,
    no_tenant,
    unavailable,
    unknown_client,
    unknown_tenant,
)
from sandbox.entra.federation import GRANT, Federation
from sandbox.entra.issuer import issuer_name
from sandbox.entra.keys import SigningKey
from sandbox.entra.metadata import HOST
from sandbox.entra.sign_in import SERVICE, Form, Json, SignIn

_LOG = logging.getLogger(__name__)

__all__ = ["HOST", "application"]

_ANY_TENANT = frozenset({"common", "organizations"})
_JUST_WAITING = "authorization_pending"
_TRACE = web.RequestKey("trace", str)
# A refresh token is the longest value that is sent here, and takes about 1 kB.
LARGEST_FORM = 64 * 1024
_MOST_FIELDS = 64
_URL_ENCODED = "application/x-www-form-urlencoded"
# Azure/azure-sdk-for-js, sdk/digitaltwins/digital-twins-core/recordings (2022-03). Of its cookies
# there are those that tell which slice of Entra answered, and none that tells browsers apart.
_ALWAYS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "P3P": 'CP="DSP CUR OTPi IND OTRi ONL FIN"',
    "x-ms-ests-server": "2.1.12570.16 - NCUS ProdSlices",
}
_METADATA = {
    "Cache-Control": "max-age=86400, private",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, OPTIONS",
}
_COOKIES = ("x-ms-gateway-slice=estsfd", "stsservicecookie=estsfd")
_TOKENS = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache", "Expires": "-1"}


def application(
    tenant_id: str,
    key: SigningKey,
    sign_in: SignIn | None = None,
    federation: Federation | None = None,
) -> web.Application:
    """Return Entra's sign-in host for one tenant. Without `sign_in` it has the keys alone."""
    login = _Login(tenant_id, key, sign_in, federation)
    application = web.Application(middlewares=[_traced], client_max_size=LARGEST_FORM)
    tenant = r"/{tenant:[0-9A-Za-z.-]+}"
    application.router.add_get("/common/discovery/instance", login.instance)
    application.router.add_get(f"{tenant}/.well-known/openid-configuration", login.discovery)
    application.router.add_get(f"{tenant}/v2.0/.well-known/openid-configuration", login.discovery)
    application.router.add_get(f"{tenant}/discovery/keys", login.keys)
    application.router.add_get(f"{tenant}/discovery/v2.0/keys", login.keys)
    application.router.add_post(f"{tenant}/oauth2/token", login.refuse_grant)
    application.router.add_post(f"{tenant}/oauth2/v2.0/devicecode", login.device_code)
    application.router.add_post(f"{tenant}/oauth2/v2.0/token", login.token)
    return application


async def read_form(request: web.Request) -> Form:
    """Return the fields of a posted form; none if it is not a form, or has too many fields.

    The application's client_max_size has to be LARGEST_FORM: a longer body is answered 413.
    """
    if request.content_type != _URL_ENCODED:
        return {}
    body = await request.read()
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return dict(pairs)


class _Login:
    def __init__(
        self,
        tenant_id: str,
        key: SigningKey,
        sign_in: SignIn | None,
        federation: Federation | None,
    ) -> None:
        self._federation = federation
        self._tenant_id = tenant_id
        self._key = key
        self._sign_in = sign_in

    async def instance(self, request: web.Request) -> web.Response:
        """Return the names that are Entra's."""
        found = metadata.instance(request.query.get("authorization_endpoint", ""))
        if found is None:
            error = OAuthError("invalid_instance", 50049, "Unknown or invalid instance.")
            return _refused(request, error)
        return web.json_response(found)

    async def discovery(self, request: web.Request) -> web.Response:
        """Return the endpoints of the tenant, or of any tenant for common and organizations."""
        if not self._knows(request):
            return _refused(request, unknown_tenant(request.match_info["tenant"]))
        version = "/v2.0" if "/v2.0/" in request.path else ""
        tenant = request.match_info["tenant"].lower()
        issuer = self._issuer(version, tenant in _ANY_TENANT)
        known = tenant if tenant in _ANY_TENANT else self._tenant_id
        return web.json_response(metadata.discovery(known, version, issuer, self._authorize))

    async def keys(self, request: web.Request) -> web.Response:
        """Return the keys that tokens are verified with. Entra's carry no `alg`."""
        issuer = f"https://{HOST}/{self._tenant_id}/v2.0"
        return web.json_response({"keys": [self._key.published(issuer)]})

    async def device_code(self, request: web.Request) -> web.Response:
        return await self._answer(request, "device_authorization", _authorized)

    async def token(self, request: web.Request) -> web.Response:
        return await self._answer(request, "token", self._granted)

    async def refuse_grant(self, request: web.Request) -> web.Response:
        """Refuse the grant: there is no client with a secret or a certificate here."""
        if not self._knows(request):
            return _refused(request, no_tenant(request.match_info["tenant"]))
        form = await read_form(request)
        return _refused(request, unknown_client(form.get("client_id", ""), self._tenant_id))

    async def _granted(self, sign_in: SignIn, form: Form) -> Json:
        """Return tokens for an identity that another's token proves, or for a user."""
        if self._federation is not None and form.get("grant_type") == GRANT:
            return await self._federation.token(form)
        return sign_in.token(form)

    async def _answer(
        self, request: web.Request, operation: str, asked: Callable[[SignIn, Form], Awaitable[Json]]
    ) -> web.Response:
        if self._sign_in is None or not self._knows(request):
            return await self.refuse_grant(request)
        try:
            body = await asked(self._sign_in, await read_form(request))
        except OAuthError as error:
            if error.code != _JUST_WAITING:
                self._sign_in.ledger.refuse(SERVICE, operation, error.reason)
            return _refused(request, error)
        except OSError as error:
            # A token that cannot be recorded is not issued.
            _LOG.error("a sign-in cannot be recorded: %s", error)
            return _refused(request, unavailable())
        return web.json_response(body)

    @property
    def _authorize(self) -> str:
        """Return the address of the page on which a person signs in."""
        return self._sign_in.page if self._sign_in else ""

    def _issuer(self, version: str, any_tenant: bool) -> str:
        tenant = "{tenantid}" if any_tenant else self._tenant_id
        return f"https://{HOST}/{tenant}/v2.0" if version else issuer_name(tenant)

    def _knows(self, request: web.Request) -> bool:
        return request.match_info["tenant"].lower() in {self._tenant_id, *_ANY_TENANT}


async def _authorized(sign_in: SignIn, form: Form) -> Json:
    return sign_in.device_authorization(form)


@web.middleware
async def _traced(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give each answer Entra's headers, under the id that a refusal calls its trace."""
    request[_TRACE] = str(uuid.uuid4())
    answer = await handler(request)
    answer.headers.update(_headers(request.method, request[_TRACE]))
    return answer


def _refused(request: web.Request, error: OAuthError) -> web.Response:
    body = error.body(request[_TRACE], request.headers.get("client-request-id", ""))
    return web.json_response(body, status=error.status)


def _headers(method: str, request_id: str) -> CIMultiDict[str]:
    """Return the headers of an answer: metadata may be kept for a day, tokens must not be."""
    by_method = _METADATA if method in {"GET", "HEAD"} else _TOKENS
    headers = CIMultiDict({**_ALWAYS, **by_method, "x-ms-request-id": request_id})
    for each in _COOKIES:
        headers.add("Set-Cookie", f"{each}; path=/; secure; samesite=none; httponly")
    return headers
