"""The errors of Azure Resource Manager.

https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from collections.abc import Mapping
from typing import Any

from sandbox.entra import Caller, Reason, TokenRefused
from sandbox.entra.claims import AZURE_CLI, user_name
from sandbox.refusal import Refusal


def body(refusal: Refusal) -> Mapping[str, Any]:
    """Return the error as JSON."""
    return {"error": {"code": refusal.code, "message": refusal.message}}


def no_token() -> Refusal:
    """401: there is no token, or more than one."""
    message = "Authentication failed. The 'Authorization' header is missing."
    return Refusal(401, "AuthenticationFailed", message, "there is not one bearer token")


def invalid_token(refused: TokenRefused) -> Refusal:
    """401: the token proves nothing. `refused` says why."""
    reason = f"the token is {refused.reason}"
    if refused.reason is Reason.EXPIRED:
        message = "The access token expiry is in the past."
        return Refusal(401, "ExpiredAuthenticationToken", message, reason)
    if refused.reason is Reason.AUDIENCE:
        message = (
            "The access token has been obtained for wrong audience or resource "
            f"'{refused.found}'. It should exactly match with one of the allowed audiences "
            "'https://management.core.windows.net/', 'https://management.azure.com/'."
        )
        return Refusal(401, "InvalidAuthenticationTokenAudience", message, reason)
    message = "The access token is invalid."
    return Refusal(401, "InvalidAuthenticationToken", message, reason)


def no_version() -> Refusal:
    """400: a request that does not name the version of the API."""
    message = "The api-version query parameter (?api-version=) is required for all requests."
    return Refusal(400, "MissingApiVersionParameter", message, "there is no api-version")


def authorization_failed(caller: Caller, action: str, scope: str) -> Refusal:
    """403, in Azure's words: microsoft/vscode-azurestorage#944"""
    client = user_name(caller.name) if caller.app_id == AZURE_CLI else caller.app_id
    message = (
        f"The client '{client}' with object id '{caller.principal_id}' does not have "
        f"authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials."
    )
    return Refusal(403, "AuthorizationFailed", message)


def failed() -> Refusal:
    """500: the audit cannot be written."""
    return Refusal(500, "InternalServerError", "Encountered internal server error.")
