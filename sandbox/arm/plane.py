"""management.azure.com: the tenant and the subscription that a caller sees, and nothing else.

`az login` asks for both. The sandbox has no control plane: any other operation is refused as Azure
Resource Manager refuses a caller without a role, even where a role would allow it on Azure.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from sandbox.arm import errors
from sandbox.arm.name import SUBSCRIPTION, SUBSCRIPTIONS, TENANTS, Named, name
from sandbox.audit import Gate
from sandbox.deployment import Deployment
from sandbox.entra import Caller, TokenRefused, Verifier, bearer_token
from sandbox.plane import Granted, HttpPlane
from sandbox.rbac import Allowed, Denied
from sandbox.refusal import Refusal
from sandbox.walk import application

HOST = "management.azure.com"

_DISPLAY_NAME = "Keyless"
_DOMAIN = "keyless.example"
_WHY = "A role anywhere in a subscription shows the subscription."

Json = Mapping[str, Any]


class ResourceManager(HttpPlane[Named]):
    """Azure Resource Manager's front door, for one tenant with one subscription."""

    service = "arm"
    unrecorded = errors.failed()

    def __init__(self, deployment: Deployment, verifier: Verifier, gate: Gate) -> None:
        """`verifier` accepts tokens for MANAGEMENT_AUDIENCES."""
        self._deployment = deployment
        self._verifier = verifier
        self._gate = gate
        self._tenant = deployment.tenant_id
        self._subscription = f"/subscriptions/{deployment.subscription_id}".lower()

    def application(self) -> web.Application:
        """Return Azure Resource Manager as an HTTP application."""
        return application(self, self._gate)

    def authenticate(self, request: web.Request) -> Caller:
        """Return the caller. Raises Refusal 401."""
        token = bearer_token(request.headers.getall("Authorization", []))
        if token is None:
            raise errors.no_token()
        try:
            return self._verifier.verify(token)
        except TokenRefused as refused:
            raise errors.invalid_token(refused) from None

    def name(self, request: web.Request) -> Named:
        """Return the operation. Raises Refusal 400 without an api-version."""
        if not request.query.get("api-version"):
            raise errors.no_version()
        return name(self._subscription, request.method, request.path)

    def decide(self, gate: Gate, caller: Caller, named: Named) -> tuple[Allowed, ...]:
        """Show the lists, which take no action of a role; refuse every other operation."""
        assignment = self._assignment(caller)
        if named.operation == TENANTS:
            gate.shown(self.service, TENANTS.name, caller, f"/tenants/{self._tenant}")
        elif named.operation == SUBSCRIPTIONS or (named.operation == SUBSCRIPTION and assignment):
            shown = self._subscription if assignment else SUBSCRIPTIONS.path
            gate.shown(
                self.service, SUBSCRIPTIONS.name, caller, shown, assignment=assignment, why=_WHY
            )
        else:
            reason = f"{named.action} on {named.scope}: the sandbox has no control plane"
            gate.refuse(self.service, "Name", reason, identity=caller.name)
            raise self.deny(caller, named, Denied(named.requirements[0], ()))
        return ()

    def deny(self, caller: Caller, named: Named, denied: Denied) -> Refusal:
        """Return Azure's 403."""
        return errors.authorization_failed(caller, named.action, named.scope)

    async def serve(self, request: web.Request, granted: Granted[Named]) -> web.Response:
        """Return the list that is asked for."""
        if granted.named.operation == TENANTS:
            return _response({"value": [self._tenant_entry()]})
        if granted.named.operation == SUBSCRIPTION:
            return _response(self._subscription_entry())
        seen = [self._subscription_entry()] if self._assignment(granted.caller) else []
        return _response({"value": seen})

    async def render(self, request: web.Request, refusal: Refusal) -> web.Response:
        """Return the error as JSON, with the challenge if the token is missing."""
        response = _response(errors.body(refusal), refusal.status)
        if refusal.status == 401:
            login = f"https://login.microsoftonline.com/{self._tenant}"
            challenge = f'Bearer authorization_uri="{login}", error="invalid_token"'
            response.headers["WWW-Authenticate"] = challenge
        return response

    def _assignment(self, caller: Caller) -> str:
        """Return an assignment that shows the subscription: any within it. Empty without one."""
        for each in self._deployment.assignments:
            within = each.scope.lower().startswith(f"{self._subscription}/")
            if within and each.principal_id == caller.principal_id:
                return each.id
        return ""

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

    def _subscription_entry(self) -> Json:
        """https://learn.microsoft.com/rest/api/resources/subscriptions/list"""
        return {
            "id": self._subscription,
            "subscriptionId": self._deployment.subscription_id,
            "tenantId": self._tenant,
            "displayName": _DISPLAY_NAME,
            "state": "Enabled",
            "authorizationSource": "RoleBased",
            "subscriptionPolicies": {"spendingLimit": "Off"},
            "managedByTenants": [],
        }


def _response(body: Json, status: int = 200) -> web.Response:
    shown = {"x-ms-request-id": str(uuid.uuid4()), "Cache-Control": "no-cache"}
    return web.json_response(body, status=status, headers=shown)
