"""management.azure.com: which tenant and which subscription a caller sees, and nothing else.

`az login` asks for both. The sandbox has no control plane: any other operation is refused as Azure
Resource Manager refuses who has no role for it, even where a role would allow it on Azure.
"""

import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.arm.action import named
from sandbox.arm.refusal import Refusal, authorization_failed, invalid_token, no_token, no_version
from sandbox.audit import AuditError, Gate
from sandbox.deployment import Deployment, RoleAssignment
from sandbox.entra import Caller, TokenRefused, Verifier, bearer_token

_LOG = logging.getLogger(__name__)

HOST = "management.azure.com"
SERVICE = "arm"

_DISPLAY_NAME = "Keyless"
_DOMAIN = "keyless.example"
_ANYWHERE = "Whoever has a role anywhere in a subscription sees that it is there."

Json = Mapping[str, Any]


class ResourceManager:
    """Azure Resource Manager's front door, for one tenant with one subscription."""

    def __init__(self, deployment: Deployment, verifier: Verifier, gate: Gate) -> None:
        """`verifier` accepts tokens for MANAGEMENT_AUDIENCES."""
        self._deployment = deployment
        self._verifier = verifier
        self._gate = gate

    def application(self) -> web.Application:
        """It as an HTTP application for its own host name, behind TLS."""
        application = web.Application(middlewares=[self._walk])
        application.router.add_route("*", "/{path:.*}", _nothing)
        return application

    @web.middleware
    async def _walk(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        shown = {"x-ms-request-id": str(uuid.uuid4()), "Cache-Control": "no-cache"}
        try:
            body = self._answer(request)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body()
            if status == 401:
                shown["WWW-Authenticate"] = self._challenge()
            return web.json_response(body, status=status, headers=shown)
        except AuditError as error:
            _LOG.error("an answer cannot be put on record, so none is given: %s", error)
            body = Refusal(500, "InternalServerError", "Encountered internal server error.").body()
            return web.json_response(body, status=500, headers=shown)
        return web.json_response(body, headers=shown)

    def _answer(self, request: web.Request) -> Json:
        """Authenticate, name, decide, serve. Raises Refusal where it ends."""
        caller = self._authenticated(request.headers.getall("Authorization", []))
        if not request.query.get("api-version"):
            raise no_version()
        path = request.path.rstrip("/").lower()
        if request.method == "GET" and path == "/tenants":
            self._gate.seen(SERVICE, "ListTenants", caller, f"/tenants/{self._tenant}")
            return {"value": [self._tenant_entry()]}
        if request.method == "GET" and path == "/subscriptions":
            assignment = self._assignment(caller)
            return {"value": [self._subscription_entry(caller, assignment)] if assignment else []}
        if request.method == "GET" and path == self._subscription and self._assignment(caller):
            return self._subscription_entry(caller, self._assignment(caller))
        raise self._refused(request, caller)

    def _authenticated(self, authorization: Sequence[str]) -> Caller:
        token = bearer_token(authorization)
        if token is None:
            self._gate.refuse(SERVICE, "Authenticate", "there is not one bearer token")
            raise no_token()
        try:
            return self._verifier.verify(token)
        except TokenRefused as refused:
            self._gate.refuse(SERVICE, "Authenticate", f"the token is {refused.reason}")
            raise invalid_token(refused) from None

    def _refused(self, request: web.Request, caller: Caller) -> Refusal:
        action, scope = named(request.method, request.path)
        reason = f"{action} on {scope}: the sandbox has no control plane"
        self._gate.refuse(SERVICE, "Name", reason, identity=caller.name)
        return authorization_failed(caller, action, scope)

    def _assignment(self, caller: Caller) -> RoleAssignment | None:
        """One that lets `caller` see the subscription: any within it does."""
        for each in self._deployment.assignments:
            within = each.scope.lower().startswith(f"{self._subscription}/")
            if within and each.principal_id == caller.principal_id:
                return each
        return None

    def _tenant_entry(self) -> Json:
        """https://learn.microsoft.com/rest/api/resources/tenants/list"""
        return {
            "id": f"/tenants/{self._tenant}",
            "tenantId": self._tenant,
            "countryCode": "US",
            "displayName": _DISPLAY_NAME,
            "domains": [_DOMAIN],
            "defaultDomain": _DOMAIN,
            "tenantCategory": "Home",
            "tenantType": "AAD",
        }

    def _subscription_entry(self, caller: Caller, assignment: RoleAssignment | None) -> Json:
        """https://learn.microsoft.com/rest/api/resources/subscriptions/list"""
        scope = self._subscription
        self._gate.seen(
            SERVICE,
            "ListSubscriptions",
            caller,
            scope,
            assignment=assignment.id if assignment else "",
            why=_ANYWHERE,
        )
        return {
            "id": scope,
            "subscriptionId": self._deployment.subscription_id,
            "tenantId": self._tenant,
            "displayName": _DISPLAY_NAME,
            "state": "Enabled",
            "authorizationSource": "RoleBased",
            "subscriptionPolicies": {"spendingLimit": "Off"},
            "managedByTenants": [],
        }

    def _challenge(self) -> str:
        login = f"https://login.microsoftonline.com/{self._tenant}"
        return f'Bearer authorization_uri="{login}", error="invalid_token"'

    @property
    def _tenant(self) -> str:
        return self._deployment.tenant_id

    @property
    def _subscription(self) -> str:
        return f"/subscriptions/{self._deployment.subscription_id}".lower()


async def _nothing(_: web.Request) -> web.Response:
    """Never asked: the middleware answers."""
    raise web.HTTPNotFound
