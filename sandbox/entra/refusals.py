"""Entra's refusals: an OAuth error with an AADSTS number, in the body that its clients read.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


class OAuthError(Exception):
    """Why no token is given. `code` is OAuth's word for it, `number` Entra's own."""

    def __init__(self, code: str, number: int, text: str, *, suberror: str = "") -> None:
        super().__init__(f"AADSTS{number}: {text}")
        self.code = code
        self.number = number
        self.text = text
        self.suberror = suberror

    def body(self, correlation_id: str = "") -> Mapping[str, Any]:
        """The JSON of the answer; `correlation_id` is what the client called its request."""
        trace, correlation = str(uuid.uuid4()), correlation_id or str(uuid.uuid4())
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        traced = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {when}"
        body = {
            "error": self.code,
            "error_description": f"AADSTS{self.number}: {self.text} {traced}",
            "error_codes": [self.number],
            "timestamp": when,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.number}",
        }
        return body | ({"suberror": self.suberror} if self.suberror else {})


def unknown_tenant(tenant: str) -> OAuthError:
    return OAuthError("invalid_tenant", 90002, f"Tenant '{tenant}' not found.")


def unknown_client(client_id: str, tenant_id: str) -> OAuthError:
    return OAuthError(
        "unauthorized_client",
        700016,
        f"Application with identifier '{client_id}' was not found in the directory '{tenant_id}'.",
    )


def unknown_resource(resource: str, tenant_id: str) -> OAuthError:
    return OAuthError(
        "invalid_resource",
        500011,
        f"The resource principal named {resource} was not found in the tenant named {tenant_id}.",
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
