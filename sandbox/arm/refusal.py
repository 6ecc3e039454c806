"""What Azure Resource Manager answers when it does not do as asked.

https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from collections.abc import Mapping
from typing import Any

from sandbox.entra import Caller, Reason, TokenRefused
from sandbox.entra.users import AZURE_CLI, user_name


class Refusal(Exception):
    """An error answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> Mapping[str, Any]:
        """The error as JSON."""
        return {"error": {"code": self.code, "message": self.message}}


def no_token() -> Refusal:
    message = "Authentication failed. The 'Authorization' header is missing."
    return Refusal(401, "AuthenticationFailed", message)


def invalid_token(refused: TokenRefused) -> Refusal:
    """401: the token proves nothing. `refused` says why."""
    if refused.reason is Reason.EXPIRED:
        return Refusal(401, "ExpiredAuthenticationToken", "The access token expiry is in the past.")
    if refused.reason is Reason.AUDIENCE:
        message = (
            "The access token has been obtained for wrong audience or resource "
            f"'{refused.found}'. It should exactly match with one of the allowed audiences "
            "'https://management.core.windows.net/', 'https://management.azure.com/'."
        )
        return Refusal(401, "InvalidAuthenticationTokenAudience", message)
    return Refusal(401, "InvalidAuthenticationToken", "The access token is invalid.")


def no_version() -> Refusal:
    message = "The api-version query parameter (?api-version=) is required for all requests."
    return Refusal(400, "MissingApiVersionParameter", message)


def authorization_failed(caller: Caller, action: str, scope: str) -> Refusal:
    """403, in Azure's words: microsoft/vscode-azurestorage#944"""
    client = user_name(caller.name) if caller.app_id == AZURE_CLI else caller.app_id
    message = (
        f"The client '{client}' with object id '{caller.principal_id}' does not have "
        f"authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials."
    )
    return Refusal(403, "AuthorizationFailed", message)
