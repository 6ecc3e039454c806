"""The errors of Entra: an OAuth error with an AADSTS number, in the body that its clients read.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.entra.audiences import RESOURCES
from sandbox.refusal import Refusal

_UNAVAILABLE = "temporarily_unavailable"
_STATUSES = {_UNAVAILABLE: 503, "invalid_client": 401}


class OAuthError(Refusal):
    """A refusal of a token. `code` is OAuth's word for it, `number` Entra's own.

    `reason` is for the audit, where Entra's text does not say enough.
    """

    def __init__(
        self, code: str, number: int, text: str, *, suberror: str = "", reason: str = ""
    ) -> None:
        recorded = f"AADSTS{number}: {text}" + (f" ({reason})" if reason else "")
        super().__init__(_STATUSES.get(code, 400), code, text, recorded)
        self.number = number
        self.suberror = suberror

    def __str__(self) -> str:
        return self.reason

    def body(self, trace: str, correlation_id: str = "") -> Mapping[str, Any]:
        """Return the JSON of the answer. `trace` is its id, `correlation_id` the client's own.

        All is on one line, as it was seen since 2024 (Azure/azure-cli#29113); until 2023 each id
        stood on a line of its own (Azure/azure-cli#24376).
        """
        correlation = correlation_id or str(uuid.uuid4())
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        traced = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {when}"
        body = {
            "error": self.code,
            "error_description": f"AADSTS{self.number}: {self.message} {traced}",
            "error_codes": [self.number],
            "timestamp": when,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }
        return body | ({"suberror": self.suberror} if self.suberror else {})


_NOT_INSTALLED = (
    "This can happen if the application has not been installed by the administrator of the tenant "
    "or consented to by any user in the tenant."
)


def unknown_tenant(tenant: str) -> OAuthError:
    """The tenant does not exist; the answer of discovery.

    james-gould/azure-keyvault-emulator#324 (2025-08)
    """
    return OAuthError("invalid_tenant", 90002, _no_tenant(tenant))


def no_tenant(tenant: str) -> OAuthError:
    """The tenant does not exist; the token endpoint has another code (reported, 2024 to 2026)."""
    return OAuthError("invalid_request", 90002, _no_tenant(tenant))


def unknown_client(client_id: str, tenant_id: str) -> OAuthError:
    """OfficeDev/microsoft-teams-emergency-operations-center#213 (2024-06)"""
    return OAuthError(
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory '{tenant_id}'. "
        f"{_NOT_INSTALLED} You may have sent your authentication request to the wrong tenant.",
    )


def unknown_resource(resource: str, tenant_id: str) -> OAuthError:
    """Azure/azure-cli#29113 (2024-06)"""
    return OAuthError(
        "invalid_resource",
        500011,
        f"The resource principal named {resource} was not found in the tenant named {tenant_id}. "
        f"{_NOT_INSTALLED} You might have sent your authentication request to the wrong tenant. "
        f"(This sandbox has {', '.join(RESOURCES)}.)",
    )


def missing(parameter: str) -> OAuthError:
    return OAuthError(
        "invalid_request",
        900144,
        f"The request body must contain the following parameter: '{parameter}'.",
    )


def unsupported_grant(grant_type: str) -> OAuthError:
    return OAuthError(
        "unsupported_grant_type",
        70003,
        f"The app requested an unsupported grant type '{grant_type}'.",
    )


def odd_scope(scope: str) -> OAuthError:
    return OAuthError(
        "invalid_scope",
        70011,
        "The provided value for the input parameter 'scope' is not valid. "
        f"The scope {scope} is not valid.",
    )


def _no_tenant(tenant: str) -> str:
    return (
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are "
        "signing into the correct cloud. Check with your subscription administrator, this may "
        "happen if there are no active subscriptions for the tenant."
    )


def unavailable(reason: str = "") -> OAuthError:
    """OAuth's code for a server that is overloaded, with Entra's own number and text.

    https://learn.microsoft.com/entra/identity-platform/reference-error-codes
    """
    text = "A transient error has occurred. Please try again."
    return OAuthError(_UNAVAILABLE, 90033, text, reason=reason)
