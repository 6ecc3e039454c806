"""Workload identity federation: an outside issuer's token becomes a managed identity.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow#third-case-access-token-request-with-a-federated-credential
"""

from collections.abc import Mapping
from typing import Any

from sandbox.deployment import Deployment, FederatedCredential, Principal
from sandbox.entra import assertion
from sandbox.entra import federation_errors as errors
from sandbox.entra.assertion import Assertion
from sandbox.entra.errors import missing, unknown_client, unknown_resource
from sandbox.entra.issuer import Issuer
from sandbox.entra.outside_keys import OutsideKeys, UnreachableError
from sandbox.entra.sign_in import SERVICE, Form, Ledger

GRANT = "client_credentials"
_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEFAULT = "/.default"


class Federation:
    """The grant of a token for another's. `deployment` may be replaced."""

    def __init__(
        self,
        deployment: Deployment,
        issuer: Issuer,
        ledger: Ledger,
        keys: OutsideKeys | None = None,
    ) -> None:
        self.deployment = deployment
        self._issuer = issuer
        self._ledger = ledger
        self._keys = keys or OutsideKeys()

    async def token(self, form: Form) -> Mapping[str, Any]:
        """Return a token for the identity that the assertion proves. Raises OAuthError."""
        client_id = form.get("client_id", "")
        if not client_id:
            raise missing("client_id")
        identity = self._identity(client_id)
        resource = self._resource(form.get("scope", ""))
        presented = assertion.read(_proof(form, client_id))
        presented.check_trust(self._credentials(identity))
        await self._check_signature(presented)
        presented.check_time(self._issuer.clock())
        token = self._issuer.issue(identity, resource)
        self._ledger.issued(identity.name, identity.principal_id, token, SERVICE)
        lifetime = self._issuer.lifetimes.managed_identity
        return {
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token.text,
        }

    def _identity(self, client_id: str) -> Principal:
        for each in self.deployment.principals:
            if each.client_id and each.client_id.lower() == client_id.lower():
                return each
        raise unknown_client(client_id, self._issuer.tenant_id)

    def _credentials(self, identity: Principal) -> list[FederatedCredential]:
        owner = identity.resource_id.lower()
        return [each for each in self.deployment.federated if each.identity_id.lower() == owner]

    def _resource(self, scope: str) -> str:
        if not scope:
            raise missing("scope")
        if not scope.endswith(_DEFAULT) or len(scope.split()) != 1:
            raise errors.odd_scope(scope)
        resource = scope.removesuffix(_DEFAULT)
        if not self._issuer.knows(resource):
            raise unknown_resource(resource, self._issuer.tenant_id)
        return resource

    async def _check_signature(self, presented: Assertion) -> None:
        try:
            key = await self._keys.key(presented.issuer, presented.kid)
        except UnreachableError as error:
            raise errors.unreachable(str(error)) from error
        if key is None:
            raise errors.unknown_key(presented.kid, presented.issuer)
        presented.check_signature(key)


def _proof(form: Form, client_id: str) -> str:
    """Return the assertion of a form. Raises OAuthError."""
    if form.get("client_secret"):
        raise errors.no_secret(client_id)
    if not form.get("client_assertion") or form.get("client_assertion_type") != _TYPE:
        raise errors.no_proof()
    return form["client_assertion"]
