"""The errors of Key Vault: status, code and text are Azure's.

https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
"""

from collections.abc import Mapping
from typing import Any

from sandbox.entra import Caller
from sandbox.rbac import Requirement
from sandbox.refusal import Refusal

_INNER = "innererror"

_RECOVER = (
    "If you recently deleted this secret you may be able to recover it using the correct recovery "
    "command. For help resolving this issue, please see "
    "https://go.microsoft.com/fwlink/?linkid=2125182"
)


def body(refusal: Refusal) -> Mapping[str, Any]:
    """Return the error as JSON."""
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if _INNER in refusal.details:
        error[_INNER] = {"code": refusal.details[_INNER]}
    return {"error": error}


def forbidden(caller: Caller, required: Requirement, vault: str, location: str) -> Refusal:
    """403: no role allows it. To the letter, the odd space included.

    piyushsachdeva/Terraform_AKS issue 2
    """
    message = (
        "Caller is not authorized to perform action on resource.\r\n"
        "If role assignments, deny assignments or role definitions were changed recently, "
        "please observe propagation time.\r\n"
        f"Caller: appid={caller.app_id};oid={caller.principal_id};iss={caller.issuer}\r\n"
        f"Action: '{required.any_of[0].name}'\r\n"
        f"Resource: '{required.scope.lower()}'\r\n"
        "Assignment: (not found)\r\n"
        "DenyAssignmentId: null\r\n"
        "DecisionReason: 'DeniedWithNoValidRBAC' \r\n"
        f"Vault: {vault};location={location}\r\n"
    )
    return _with_inner(403, "Forbidden", message, "ForbiddenByRbac")


def failed() -> Refusal:
    """500: the vault's file or the audit cannot be used."""
    return Refusal(500, "InternalServerError", "The server encountered an internal error.")


def throttled() -> Refusal:
    """429: too many requests within ten seconds.

    Azure/azure-sdk-for-java#14879, vcsjones/AzureSignTool#219 (2023-12). Neither answer shows a
    Retry-After, so its seconds are ours.
    """
    message = (
        "Request was not processed because too many requests were received. "
        "Reason: VaultRequestTypeLimitReached"
    )
    return Refusal(429, "Throttled", message, headers={"Retry-After": "2"})


def unavailable() -> Refusal:
    """503: the service does not answer now.

    MSEndpointMgr/CloudLAPS#70, where the vault took no writes. The text is ours.
    """
    return Refusal(503, "ServiceUnavailable", "The service is unavailable at the moment.")


def being_recovered(name: str) -> Refusal:
    """409: the recovery of a secret has not ended. microsoft/AzureTRE#2824 (2022-11)"""
    message = f"Secret {name} is currently being recovered and cannot be re-created; retry later."
    return _with_inner(409, "Conflict", message, "ObjectIsBeingRecovered")


def too_large() -> Refusal:
    """413: a body that is too long. The text is ours."""
    return Refusal(413, "BadParameter", "Request body is too large.")


def no_such_collection() -> Refusal:
    """404: a path that is neither of secrets nor of deleted ones."""
    return Refusal(404, "NotFound", "The resource was not found.", "no such collection")


def unauthorized(message: str, reason: str) -> Refusal:
    """401: the token is missing or proves nothing."""
    return Refusal(401, "Unauthorized", message, reason)


def bad_parameter(message: str, reason: str) -> Refusal:
    """400: the request is not one that Key Vault understands."""
    return Refusal(400, "BadParameter", message, reason)


def method_not_allowed(method: str) -> Refusal:
    """405: a method that this path does not have.

    Azure/azure-sdk-for-js, keyvault-secrets (58cba042, 2022-11):
    recording_cannot_create_a_secret_with_an_empty_name
    """
    message = f"HTTP {method} not allowed"
    return Refusal(405, "MethodNotAllowed", message, "the method is not allowed")


def malformed_backup() -> Refusal:
    """400: the body is not a backup of this vault. The code has blanks.

    Azure/azure-sdk-for-net, Azure.Security.KeyVault.Secrets (003bc021, 2021-02):
    RestoreMalformedBackup
    """
    return Refusal(400, "Malformed backup blob", "Backup blob is corrupt.")


def invalid_property(name: str) -> Refusal:
    """400: the body is no JSON (an empty name), or one of its properties is invalid."""
    return bad_parameter(f"Property {name} has invalid value\r\n", f"property {name} is invalid")


def not_found(name: str, version: str = "") -> Refusal:
    """404: no such secret, or no such version of it."""
    named = f"{name}/{version}" if version else name
    message = f"A secret with (name/id) {named} was not found in this key vault. {_RECOVER}"
    return Refusal(404, "SecretNotFound", message)


def deleted_not_found(name: str) -> Refusal:
    """404: no deleted secret of that name."""
    return Refusal(404, "SecretNotFound", f"Deleted Secret not found: {name}")


def disabled(operation: str) -> Refusal:
    """403: a disabled secret keeps its value to itself."""
    message = f"Operation {operation} is not allowed on a disabled secret."
    return _with_inner(403, "Forbidden", message, "SecretDisabled")


def name_is_deleted(name: str) -> Refusal:
    """409: the name belongs to a deleted secret until that is recovered or purged."""
    message = (
        f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be "
        "reused; in this state, the secret can only be recovered or purged."
    )
    return _with_inner(409, "Conflict", message, "ObjectIsDeletedButRecoverable")


def already_there(name: str) -> Refusal:
    """409: a backup is restored to a free name only. The text is ours.

    The status: Azure/azure-sdk-for-net#26027 (2021-12)
    """
    return Refusal(409, "Conflict", f"A secret with (name/id) {name} already exists.")


def purge_protected(vault: str, location: str) -> Refusal:
    """403: no role may purge. The text was reported, live, in 2022."""
    message = (
        'Operation "purge" is not allowed because purge protection is enabled for this vault. Key '
        "Vault service will automatically purge it after the retention period has passed.\r\n"
        f"Vault: {vault};location={location}"
    )
    return Refusal(403, "Forbidden", message)


def _with_inner(status: int, code: str, message: str, inner: str) -> Refusal:
    return Refusal(status, code, message, f"{status} {inner}", {_INNER: inner})
