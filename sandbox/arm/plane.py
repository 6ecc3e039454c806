"""management.azure.com: the tenant and the subscription that a caller sees, roles, and keys.

`az login` asks for the first two. Callers whose roles allow it read and change role assignments,
and read role definitions and the keys of storage accounts that allow keys. Every other operation
of the control plane is refused as Azure Resource Manager refuses a caller without a role, even
where a role would allow it on Azure.
"""

import logging
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.arm import errors
from sandbox.arm.name import (
    DELETE_ASSIGNMENT,
    GET_ASSIGNMENT,
    GET_DEFINITION,
    LIST_ASSIGNMENTS,
    LIST_DEFINITIONS,
    LIST_KEYS,
    SUBSCRIPTION,
    SUBSCRIPTIONS,
    TENANTS,
    Named,
    name,
)
from sandbox.arm.role_assignments import RoleAssignments
from sandbox.arm.role_definitions import RoleDefinitions
from sandbox.arm.storage_keys import KeysOf, StorageKeys
from sandbox.audit import Gate
from sandbox.deployment import Deployment
from sandbox.entra import Caller, TokenRefused, Verifier, bearer_token
from sandbox.plane import Granted, HttpPlane
from sandbox.rbac import Allowed, Assignments, Denied
from sandbox.refusal import Refusal
from sandbox.walk import application

HOST = "management.azure.com"

_DISPLAY_NAME = "Keyless"
_DOMAIN = "keyless.example"
_WHY = "A role anywhere in a subscription shows the subscription."
_LOG = logging.getLogger(__name__)
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-[a-z]+)?")
# Ours: many times the longest role assignment.
_LONGEST_BODY = 64 * 1024

Json = Mapping[str, Any]


class ResourceManager(HttpPlane[Named]):
    """Azure Resource Manager's front door, for one tenant with one subscription."""

    service = "arm"
    unrecorded = errors.failed()

    def __init__(
        self,
        deployment: Deployment,
        assignments: Assignments,
        verifier: Verifier,
        gate: Gate,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        keys_of: KeysOf = lambda _: {},
    ) -> None:
        """`verifier` accepts tokens for MANAGEMENT_AUDIENCES."""
        self._deployment = deployment
        self._assignments = assignments
        self._verifier = verifier
        self._gate = gate
        self._role_assignments = RoleAssignments(assignments, deployment, now)
        self._role_definitions = RoleDefinitions(
            assignments, f"/subscriptions/{deployment.subscription_id}"
        )
        self._storage_keys = StorageKeys(deployment, keys_of)
        self._tenant = deployment.tenant_id
        self._subscription = f"/subscriptions/{deployment.subscription_id}".lower()

    def deploy(self, deployment: Deployment) -> None:
        """Show the resources and principals of `deployment`, of the same subscription."""
        self._deployment = self._role_assignments.deployment = deployment
        self._storage_keys.deployment = deployment

    def application(self) -> web.Application:
        """Return Azure Resource Manager as an HTTP application."""
        return application(self, self._gate, longest_body=_LONGEST_BODY)

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
        """Return the operation. Raises Refusal 400 without a valid api-version."""
        version = request.query.get("api-version")
        if not version:
            raise errors.no_version()
        if not _VERSION.fullmatch(version):
            raise errors.invalid_version(version)
        return name(self._subscription, request.method, request.path)

    def decide(self, gate: Gate, caller: Caller, named: Named) -> tuple[Allowed, ...]:
        """Decide on roles and keys; show the lists, which take no action; refuse all else."""
        if named.is_of_roles or self._storage_keys.knows(named):
            return super().decide(gate, caller, named)
        assignment = self._assignment(caller)
        if named.operation == TENANTS:
            gate.shown(self.service, TENANTS.name, caller, f"/tenants/{self._tenant}")
        elif named.operation == SUBSCRIPTIONS or (named.operation == SUBSCRIPTION and assignment):
            shown = self._subscription if assignment else SUBSCRIPTIONS.path
            gate.shown(
                self.service, SUBSCRIPTIONS.name, caller, shown, assignment=assignment, why=_WHY
            )
        else:
            reason = f"{named.action} on {named.scope}: the sandbox has no such control plane"
            gate.refuse(self.service, "Name", reason, identity=caller.name)
            raise self.deny(caller, named, Denied(named.requirements[0], ()))
        return ()

    def deny(self, caller: Caller, named: Named, denied: Denied) -> Refusal:
        """Return Azure's 403."""
        return errors.authorization_failed(caller, named.action, named.scope)

    async def serve(self, request: web.Request, granted: Granted[Named]) -> web.Response:
        """Serve a list, or an operation on roles. Raises Refusal."""
        if granted.named.is_of_roles:
            return await self._roles(request, granted)
        if granted.named.operation == LIST_KEYS:
            return _response(self._storage_keys.list(granted.named.scope))
        if granted.named.operation == TENANTS:
            return _response({"value": [self._tenant_entry()]})
        if granted.named.operation == SUBSCRIPTION:
            return _response(self._subscription_entry())
        seen = [self._subscription_entry()] if self._assignment(granted.caller) else []
        return _response({"value": seen})

    async def _roles(self, request: web.Request, granted: Granted[Named]) -> web.Response:
        named, filtered = granted.named, request.query.get("$filter", "")
        if named.operation == LIST_ASSIGNMENTS:
            return _response(self._role_assignments.list(named.on, filtered))
        if named.operation == GET_ASSIGNMENT:
            return _response(self._role_assignments.get(named.on, named.name))
        if named.operation == LIST_DEFINITIONS:
            return _response(self._role_definitions.list(named.on, filtered))
        if named.operation == GET_DEFINITION:
            return _response(self._role_definitions.get(named.name))
        return await self._change(request, granted)

    async def _change(self, request: web.Request, granted: Granted[Named]) -> web.Response:
        caller, named = granted.caller, granted.named
        body = await _body(request)
        try:
            if named.operation == DELETE_ASSIGNMENT:
                deleted = self._role_assignments.delete(caller, named.on, named.name)
                return _response(deleted) if deleted else web.Response(status=204)
            status, made = self._role_assignments.put(caller, named.on, named.name, body)
            return _response(made, status)
        except OSError as error:
            _LOG.error("a role assignment cannot be stored, so nothing has changed: %s", error)
            raise errors.failed() from error

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
        for each in self._assignments.listed:
            within = f"{each.scope}/".lower().startswith(f"{self._subscription}/")
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


async def _body(request: web.Request) -> bytes:
    """Return the body. Raises Refusal if it is too long."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise errors.too_long(_LONGEST_BODY) from None


def _response(body: Json, status: int = 200) -> web.Response:
    shown = {"x-ms-request-id": str(uuid.uuid4()), "Cache-Control": "no-cache"}
    return web.json_response(body, status=status, headers=shown)
