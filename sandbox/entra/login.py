"""login.microsoftonline.com: discovery, the published keys, and the sign-in of people."""

import logging
import uuid
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.entra import headers, metadata
from sandbox.entra.form import LARGEST, Form, read_form
from sandbox.entra.issuer import issuer_name
from sandbox.entra.keys import SigningKey
from sandbox.entra.metadata import HOST
from sandbox.entra.refusals import (
    UNAVAILABLE,
    OAuthError,
    no_tenant,
    unavailable,
    unknown_client,
    unknown_tenant,
)
from sandbox.entra.sign_in import SERVICE, Json, SignIn

_LOG = logging.getLogger(__name__)

__all__ = ["HOST", "application"]

_ANY_TENANT = frozenset({"common", "organizations"})
_JUST_WAITING = "authorization_pending"
_TRACE = web.RequestKey("trace", str)


def application(tenant_id: str, key: SigningKey, sign_in: SignIn | None = None) -> web.Application:
    """Entra's sign-in host for one tenant; without `sign_in` nobody can."""
    login = _Login(tenant_id, key, sign_in)
    application = web.Application(middlewares=[_traced], client_max_size=LARGEST)
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


class _Login:
    def __init__(self, tenant_id: str, key: SigningKey, sign_in: SignIn | None) -> None:
        self._tenant_id = tenant_id
        self._key = key
        self._sign_in = sign_in

    async def instance(self, request: web.Request) -> web.Response:
        """Which names are Entra's."""
        found = metadata.instance(request.query.get("authorization_endpoint", ""))
        if found is None:
            error = OAuthError("invalid_instance", 50049, "Unknown or invalid instance.")
            return _refused(request, error)
        return web.json_response(found)

    async def discovery(self, request: web.Request) -> web.Response:
        """The tenant's endpoints; of any tenant, if no one is asked for."""
        if not self._knows(request):
            return _refused(request, unknown_tenant(request.match_info["tenant"]))
        version = "/v2.0" if "/v2.0/" in request.path else ""
        tenant = request.match_info["tenant"].lower()
        issuer = self._issuer(version, tenant in _ANY_TENANT)
        known = tenant if tenant in _ANY_TENANT else self._tenant_id
        return web.json_response(metadata.discovery(known, version, issuer, self._authorize))

    async def keys(self, request: web.Request) -> web.Response:
        """The keys that tokens are verified with. Entra's carry no `alg`."""
        issuer = f"https://{HOST}/{self._tenant_id}/v2.0"
        return web.json_response({"keys": [self._key.published(issuer)]})

    async def device_code(self, request: web.Request) -> web.Response:
        return await self._answer(request, SignIn.device_authorization)

    async def token(self, request: web.Request) -> web.Response:
        return await self._answer(request, SignIn.token)

    async def refuse_grant(self, request: web.Request) -> web.Response:
        """There is no client with a secret or a certificate here, so no grant can succeed."""
        if not self._knows(request):
            return _refused(request, no_tenant(request.match_info["tenant"]))
        form = await read_form(request)
        return _refused(request, unknown_client(form.get("client_id", ""), self._tenant_id))

    async def _answer(
        self, request: web.Request, asked: Callable[[SignIn, Form], Json]
    ) -> web.Response:
        if self._sign_in is None or not self._knows(request):
            return await self.refuse_grant(request)
        try:
            body = asked(self._sign_in, await read_form(request))
        except OAuthError as error:
            if error.code != _JUST_WAITING:
                self._sign_in.ledger.refuse(SERVICE, asked.__name__, str(error))
            return _refused(request, error)
        except OSError as error:
            # What cannot be put on record is not given out.
            _LOG.error("a sign-in cannot be put on record: %s", error)
            return _refused(request, unavailable())
        return web.json_response(body)

    @property
    def _authorize(self) -> str:
        """The page of this machine on which a person signs in."""
        return self._sign_in.page if self._sign_in else ""

    def _issuer(self, version: str, any_tenant: bool) -> str:
        tenant = "{tenantid}" if any_tenant else self._tenant_id
        return f"https://{HOST}/{tenant}/v2.0" if version else issuer_name(tenant)

    def _knows(self, request: web.Request) -> bool:
        return request.match_info["tenant"].lower() in {self._tenant_id, *_ANY_TENANT}


@web.middleware
async def _traced(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give each answer Entra's headers, under the id that a refusal calls its trace."""
    request[_TRACE] = str(uuid.uuid4())
    answer = await handler(request)
    answer.headers.update(headers.standard(request.method, request[_TRACE]))
    return answer


def _refused(request: web.Request, error: OAuthError) -> web.Response:
    status = 503 if error.code == UNAVAILABLE else 400
    body = error.body(request[_TRACE], request.headers.get("client-request-id", ""))
    return web.json_response(body, status=status)
