"""The errors of Azure Resource Manager.

https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from collections.abc import Mapping
from typing import Any

from sandbox.entra import Caller, Reason, TokenRefused
from sandbox.entra.claims import AZURE_CLI, user_name
from sandbox.printable import shortened as _shortened
from sandbox.refusal import Refusal

_LONGEST = 200


def shortened(text: str) -> str:
    """Return a text from the request, as long as an error may repeat it."""
    return _shortened(text, _LONGEST)


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


def invalid_version(version: str) -> Refusal:
    """400: the version of the API is no date. The text: reported"""
    return Refusal(
        400, "InvalidApiVersionParameter", f"The api-version '{shortened(version)}' is invalid."
    )


def unsupported_filter(text: str) -> Refusal:
    """400: Azure/azure-rest-api-specs#28255"""
    message = (
        f"The filter '{shortened(text)}' is not supported. Supported filters are either 'atScope()'"
        " or 'principalId eq '{value}' or assignedTo('{value}')'."
    )
    return Refusal(400, "UnsupportedQuery", message)


def unsupported_definition_filter(text: str) -> Refusal:
    """400: a filter of role definitions that is not known. The text is ours."""
    message = (
        f"The filter '{shortened(text)}' is not supported. Supported filters are "
        "'atScopeAndBelow()', 'roleName eq '{value}'' and 'type eq '{value}''."
    )
    return Refusal(400, "UnsupportedQuery", message)


def bad_body(reason: str) -> Refusal:
    """400: the body is no role assignment. `reason` is the audit's."""
    message = "The request was incorrectly formatted."
    return Refusal(400, "BadRequestFormat", message, reason)


def too_long(longest: int) -> Refusal:
    """413: the body is longer than any role assignment. The text is ours."""
    message = f"The request content is longer than {longest} bytes."
    return Refusal(413, "RequestContentTooLarge", message)


def invalid_assignment_name(name: str) -> Refusal:
    """400: learn.microsoft.com/rest/api/authorization/role-assignments/create: "any valid GUID" """
    message = (
        f"The role assignment ID '{shortened(name)}' is not valid. The role assignment ID must be a"
        " GUID."
    )
    return Refusal(400, "InvalidRoleAssignmentId", message)


def assignment_not_found(name: str) -> Refusal:
    """404: hashicorp/terraform-provider-azurerm#12074"""
    message = f"The role assignment '{shortened(name)}' is not found."
    return Refusal(404, "RoleAssignmentNotFound", message)


def assignment_exists(existing: str) -> Refusal:
    """409: Azure/azure-cli#31995; since 2025 the message has the existing one's name."""
    message = (
        "The role assignment already exists. The ID of the existing role assignment is "
        f"{existing.replace('-', '')}."
    )
    return Refusal(409, "RoleAssignmentExists", message)


def assignment_update() -> Refusal:
    """400: learn.microsoft.com/azure/role-based-access-control/troubleshooting"""
    message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated."
    return Refusal(400, "RoleAssignmentUpdateNotPermitted", message)


def too_many_assignments() -> Refusal:
    """400: learn.microsoft.com/azure/role-based-access-control/troubleshoot-limits"""
    return Refusal(400, "RoleAssignmentLimitExceeded", "No more role assignments can be created.")


def definition_not_found(guid: str, status: int = 404) -> Refusal:
    """404 for one that is asked for, 400 for one that is assigned. The text: reported"""
    message = (
        f"The specified role definition with ID '{shortened(guid).replace('-', '')}' does not"
        " exist."
    )
    return Refusal(status, "RoleDefinitionDoesNotExist", message)


def invalid_principal() -> Refusal:
    """400: the id of the principal is missing or no GUID. The text: reported"""
    message = "A valid principal ID must be provided for role assignment."
    return Refusal(400, "InvalidPrincipalId", message)


def principal_not_found(principal_id: str, tenant_id: str) -> Refusal:
    """400: MicrosoftDocs/azure-docs#103085"""
    message = (
        f"Principal {principal_id.replace('-', '')} does not exist in the directory {tenant_id}. "
        "Check that you have the correct principal ID. If you are creating this principal and then "
        "immediately assigning a role, this error might be related to a replication delay. In this "
        "case, set the role assignment principalType property to a value, such as ServicePrincipal,"
        " User, or Group.  See https://aka.ms/docs-principaltype"
    )
    return Refusal(400, "PrincipalNotFound", message)


def unmatched_principal_type(principal_id: str, found: str, given: str) -> Refusal:
    """400, with Azure's own spelling. The text: reported"""
    message = (
        f"The PrincipalId '{principal_id.replace('-', '')}' has type '{found}' , which is different"
        f" from specified PrinciaplType '{given}'."
    )
    return Refusal(400, "UnmatchedPrincipalType", message)


def not_evaluated(what: str) -> Refusal:
    """400: an assignment that the sandbox cannot evaluate. The text is ours."""
    message = (
        f"This sandbox evaluates no {what}, so that it would allow another set of requests than "
        "Azure does. Nothing was assigned."
    )
    return Refusal(400, "NotSupportedBySandbox", message)


def group_not_found(name: str) -> Refusal:
    """404: learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found"""
    message = f"Resource group '{shortened(name)}' could not be found."
    return Refusal(404, "ResourceGroupNotFound", message)


def resource_not_found(kind: str, name: str, group: str) -> Refusal:
    """404: learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found"""
    message = (
        f"The Resource '{shortened(kind)}/{shortened(name)}' under resource group "
        f"'{shortened(group)}' was not found. For more details please go to "
        "https://aka.ms/ARMResourceNotFoundFix"
    )
    return Refusal(404, "ResourceNotFound", message)


def failed() -> Refusal:
    """500: the audit cannot be written."""
    return Refusal(500, "InternalServerError", "Encountered internal server error.")
