"""Entra's refusals of an outside issuer's token. The texts are Entra's, as of the named issues.

The statuses: Azure/azure-cli#28708 (2024-07) has 401 for invalid_client, Azure/azure-workload-
identity#616 (2022-10) 400 for invalid_request.
"""

from datetime import UTC, datetime

from sandbox.entra.errors import OAuthError

_MORE = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
_CHECK = "Check your federated identity credential Subject, Audience and Issuer"


def no_proof() -> OAuthError:
    """stephaneey/azure-apim-extension#138 (2025-02)"""
    text = (
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials'"
        " grant type."
    )
    return OAuthError("invalid_client", 7000216, text)


def no_secret(client_id: str) -> OAuthError:
    """A managed identity has no secret; the text is reported."""
    text = (
        "Invalid client secret provided. Ensure the secret being sent in the request is the client"
        " secret value, not the client secret ID, for a secret added to app"
        f" '{client_id}'."
    )
    return OAuthError("invalid_client", 7000215, text)


def malformed() -> OAuthError:
    """https://learn.microsoft.com/entra/identity-platform/reference-error-codes"""
    return OAuthError("invalid_request", 50027, "JWT token is invalid or malformed.")


def odd_scope(scope: str) -> OAuthError:
    """MicrosoftDocs/azure-docs#99862 (2022-10)"""
    text = (
        f"The provided value for scope {scope} is not valid. Client credential flows must have a"
        " scope value with /.default suffixed to the resource identifier (application ID URI)."
    )
    return OAuthError("invalid_scope", 1002012, text)


def wrong_issuer(issuer: str) -> OAuthError:
    """Azure/azure-workload-identity#1200 (2024-03)"""
    return _no_match(700211, f"issuer '{issuer}'")


def wrong_audience(audience: str) -> OAuthError:
    """The number is reported; the text follows that of the other two."""
    return _no_match(700212, f"audience '{audience}'")


def wrong_subject(subject: str) -> OAuthError:
    """Azure/azure-workload-identity#1200 (2025-04)"""
    return _no_match(700213, f"subject '{subject}'")


def subject_in_other_case(subject: str) -> OAuthError:
    """Azure/login#515 (2025-02)"""
    text = (
        f"No matching federated identity record found for presented assertion subject '{subject}'."
        " The subject matches with case-insensitive comparison, but not with case-sensitive"
        f" comparison. {_CHECK} against the presented assertion. See documentation at: {_MORE}."
    )
    return OAuthError("invalid_client", 7002138, text)


def unreachable(reason: str) -> OAuthError:
    """Azure/azure-cli#28863 (2024-05). `reason` is for the audit alone."""
    text = "Request to External OIDC endpoint failed."
    return OAuthError("invalid_request", 50166, text, reason=reason)


def unknown_key(kid: str, issuer: str) -> OAuthError:
    """Azure/azure-workload-identity#1232 (2024-01)"""
    text = (
        f"The certificate with identifier {kid} used to sign the federated credential could not be"
        f" found in the metadata of identity provider {issuer}. Please validate that your Identity"
        " Provider's metadata exposes the key used to sign the incoming token."
    )
    return OAuthError("invalid_client", 7000272, text)


def wrong_signature() -> OAuthError:
    """AzureAD/microsoft-authentication-library-for-dotnet#2604 (2021-05), for another assertion."""
    text = "Assertion failed signature validation. [Reason - The provided signature is not valid.]"
    return OAuthError("invalid_client", 50013, text)


def out_of_time(now: float, not_before: float, expires: float) -> OAuthError:
    """AzureAD/microsoft-authentication-library-for-dotnet#4951 (2024-10)"""
    text = (
        f"Client assertion is not within its valid time range. Current time: {_time(now)},"
        f" assertion valid from {_time(not_before)}, expiry time of assertion {_time(expires)}."
        " Review the documentation at"
        " https://learn.microsoft.com/entra/identity-platform/certificate-credentials ."
    )
    return OAuthError("invalid_client", 700024, text)


def too_long() -> OAuthError:
    """MicrosoftDocs/azure-docs#116275 (2023-10)"""
    text = "External OIDC Provider token must have a lifetime of less than or equal to 1.01:00:00"
    return OAuthError("invalid_request", 70023, text)


def _no_match(number: int, what: str) -> OAuthError:
    text = (
        f"No matching federated identity record found for presented assertion {what}."
        f" {_CHECK} against the presented assertion. {_MORE}"
    )
    return OAuthError("invalid_client", number, text)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
