"""The sign-in of users: device codes for their programs, tokens once a code is approved.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.commands import KEYLESS
from sandbox.deployment import Principal
from sandbox.entra.claims import AZURE_CLI
from sandbox.entra.device_codes import INTERVAL, LIFETIME, DeviceCodes, Waiting
from sandbox.entra.errors import (
    OAuthError,
    missing,
    odd_scope,
    unknown_client,
    unknown_resource,
    unsupported_grant,
)
from sandbox.entra.id_tokens import IdTokens, client_info
from sandbox.entra.issuer import AccessToken, Issuer
from sandbox.entra.refresh_tokens import RefreshTokens

SERVICE = "login"

_DEVICE_CODE = frozenset({"urn:ietf:params:oauth:grant-type:device_code", "device_code"})
_OPENID = frozenset({"openid", "profile", "offline_access", "email"})

Json = Mapping[str, Any]
Form = Mapping[str, str]


class Ledger(Protocol):
    """The record of issued tokens and refused requests."""

    def issued(
        self, identity: str, principal_id: str, token: AccessToken, service: str = ...
    ) -> None: ...

    def refuse(self, service: str, operation: str, reason: str, identity: str = ...) -> None: ...


@dataclass
class SignIn:
    """Entra's sign-in of the tenant's users.

    `page` is the address at which a person enters a code, known once it is served. `key` proves
    that the approval of a code comes from this machine's terminal. No service gets it: it could
    approve a sign-in of its own and take other roles.
    """

    issuer: Issuer
    id_tokens: IdTokens
    refresh_tokens: RefreshTokens
    codes: DeviceCodes
    users: Collection[Principal]
    ledger: Ledger
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    page: str = ""

    def has_key(self, given: str) -> bool:
        """Return whether `given` is the key, in constant time."""
        return hmac.compare_digest(self.key.encode(), given.encode("utf-8", "surrogatepass"))

    def user(self, name: str) -> Principal | None:
        """Return the user called `name`."""
        return next((each for each in self.users if each.name == name), None)

    def device_authorization(self, form: Form) -> Json:
        """Return a new pair of codes. Raises OAuthError."""
        client_id, scope = self._client(form), form.get("scope", "")
        self._resource(scope)
        device_code, waiting = self.codes.begin(client_id, scope)
        return {
            "user_code": waiting.user_code,
            "device_code": device_code,
            "verification_uri": self.page,
            "expires_in": LIFETIME,
            "interval": INTERVAL,
            "message": _message(self.page, waiting),
        }

    def token(self, form: Form) -> Json:
        """Return tokens for the user that has signed in. Raises OAuthError."""
        client_id, grant_type = self._client(form), form.get("grant_type", "")
        if grant_type in _DEVICE_CODE:
            # MSAL sends it under its older name, too.
            device_code = form.get("device_code") or _given(form, "code")
            user, scope = self.codes.redeem(device_code, client_id)
        elif grant_type == "refresh_token":
            refresh_token = _given(form, "refresh_token")
            user = self._known(self.refresh_tokens.holder(refresh_token, client_id))
            scope = form.get("scope", "")
        else:
            raise unsupported_grant(grant_type) if grant_type else missing("grant_type")
        return self._tokens(user, client_id, self._resource(scope))

    def _tokens(self, user: Principal, client_id: str, resource: str) -> Json:
        lifetime = self.issuer.lifetimes.user
        token = self.issuer.issue(user, resource, lifetime=lifetime)
        self.ledger.issued(user.name, user.principal_id, token, SERVICE)
        return {
            "token_type": "Bearer",
            "scope": f"{resource}/user_impersonation {resource}/.default",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": token.text,
            "refresh_token": self.refresh_tokens.issue(user.principal_id, client_id),
            "foci": "1",
            "id_token": self.id_tokens.issue(user, client_id),
            "client_info": client_info(user, self.issuer.tenant_id),
        }

    def _client(self, form: Form) -> str:
        client_id = _given(form, "client_id")
        if client_id != AZURE_CLI:
            raise unknown_client(client_id, self.issuer.tenant_id)
        return client_id

    def _resource(self, scope: str) -> str:
        """Return the one resource that `scope` names, up to the last slash."""
        wanted = [each for each in scope.split() if each not in _OPENID]
        if not wanted:
            raise missing("scope")
        resources = {each.rpartition("/")[0] for each in wanted}
        if len(resources) != 1 or "" in resources:
            raise odd_scope(scope)
        resource = resources.pop()
        if not self.issuer.knows(resource):
            raise unknown_resource(resource, self.issuer.tenant_id)
        return resource

    def _known(self, principal_id: str) -> Principal:
        for each in self.users:
            if each.principal_id == principal_id:
                return each
        raise OAuthError("invalid_grant", 50034, f"The user account {principal_id} does not exist.")


def _given(form: Form, name: str) -> str:
    if not form.get(name):
        raise missing(name)
    return form[name]


def _message(page: str, waiting: Waiting) -> str:
    """Return Entra's sentence, and the command that needs no browser."""
    return (
        f"To sign in, use a web browser to open the page {page} and enter the code "
        f"{waiting.user_code} to authenticate; or run {KEYLESS} sign-in {waiting.user_code}."
    )
