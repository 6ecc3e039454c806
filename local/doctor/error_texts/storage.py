"""Blob Storage errors, which name a code and a request but not the caller.

learn.microsoft.com/troubleshoot/azure/azure-storage/blobs/authentication/storage-troubleshoot-403-errors
"""

from local.doctor.error_texts.explanation import Explanation, Pasted

_SOURCE = "Blob Storage"
_SILENT = "Storage names neither the caller, nor the action, nor the container."
_WHO = "Find the caller and the action: ./keyless doctor, ./keyless trace; on Azure StorageBlobLogs"
_ROLES = ("Storage Blob Data Reader", "Storage Blob Data Contributor", "Storage Blob Data Owner")

_MEANINGS = {
    "AuthorizationPermissionMismatch": (
        "Storage knows the caller, but none of the caller's role assignments allows this there.",
        "Reading and listing a container's blobs requires Storage Blob Data Reader on the "
        "container, writing requires Contributor; listing containers requires a role on the "
        "account.",
        "A new role takes up to ten minutes; Owner and Contributor include no data action.",
    ),
    "UnauthorizedBlobOverwrite": (
        "The role allows new blobs but never replaces one, and this blob exists.",
        "If you repeated your own write, the first one succeeded. Replacing blobs requires "
        "blobs/write.",
    ),
    "KeyBasedAuthenticationNotPermitted": (
        "The account accepts no account key, and no SAS signed with one.",
        "Use a credential of azure-identity instead of a key or a connection string.",
    ),
    "NoAuthenticationInformation": (
        "The request has no token.",
        "Give the client a credential.",
    ),
    "PublicAccessNotPermitted": (
        "The request has no token, and nothing here is public.",
        "Give the client a credential.",
    ),
    "InvalidAuthenticationInfo": (
        "The token is not valid here.",
        "If its audience does not match, ask for https://storage.azure.com/.default; if its issuer "
        "does not, sign in to the account's tenant; if it has expired, keep one credential per "
        "process and let the SDK renew it.",
    ),
    "Please refer to the information in the www-authenticate header": (
        "The request has no token, or one that is not valid here.",
        "Give the client a credential; its scope is https://storage.azure.com/.default.",
    ),
    "The MAC signature found in the HTTP request": (
        "The request is signed with a key that is none of this account's, or no longer is.",
        "Use a credential of azure-identity instead of a key.",
    ),
    "Request date header too old": (
        "The request was signed more than 15 minutes ago.",
        "Check the clock, and sign each request when you send it.",
    ),
    "<Code>AuthenticationFailed": (
        "Storage cannot identify the caller: the token, or a key's signature, is not valid.",
        "Use a credential of azure-identity, and check the clock.",
    ),
    "AuthorizationFailure": (
        "The account's network rules block this address; roles are not checked.",
        "Allow the network, or use the private endpoint; show the rules: "
        "az storage account show --name <account> --query networkRuleSet",
    ),
}

# The sentence of each code, its meaning and its remedy. Roles are not the cause.
_ABSENT = {
    "ContainerNotFound": (
        "The specified container does not exist",
        "The role is sufficient; this account has no container of that name.",
        "The deployment creates containers, services never do. Check the name and the account: "
        "az storage container list --auth-mode login --account-name <account>",
    ),
    "BlobNotFound": (
        "The specified blob does not exist",
        "The role is sufficient; there is no blob of that name.",
        "Check the name; names are case-sensitive.",
    ),
    "ResourceNotFound": (
        "The specified resource does not exist",
        "The role is sufficient; there is no resource at that address.",
        "Check the names of the container and the blob.",
    ),
    "RequestBodyTooLarge": (
        "The request body is too large and exceeds the maximum permissible limit",
        "The content is too large for one request.",
        "Let upload_blob split it: max_single_put_size and max_block_size.",
    ),
    "ServerBusy": (
        "The server is busy",
        "The account accepts no more requests at the moment.",
        "Let the SDK retry, or send fewer at a time.",
    ),
    "InternalError": (
        "Server encountered an internal error",
        "Storage failed; the request may be correct.",
        "Let the SDK retry. In the sandbox, see logs/azurite.log in the state folder.",
    ),
    "OperationTimedOut": (
        "The operation could not be completed within the permitted time",
        "Storage did not begin its answer in 30 seconds, or in the `timeout` of the request.",
        "Let the SDK retry. In the sandbox, see logs/azurite.log in the state folder.",
    ),
    "NotImplemented": (
        "The requested operation is not implemented on the specified resource",
        "The operation does not exist in the sandbox, or not for this kind of account.",
        "See docs/sandbox.md for the limits of each plane.",
    ),
    "CorsPreflightFailure": (
        "CORS not enabled or no matching rule found for this request",
        "A page of another origin sent the request, and the account has no rule that allows it.",
        "Let the server fetch the blob, as gateway does; or: az storage cors add",
    ),
    "CannotVerifyCopySource": (
        "Could not verify the copy source",
        "The source of the copy could not be read: that requires a right on the source.",
        "Give the caller read on the source: ./keyless explain <who> blobs/read <container>",
    ),
}
_CODE = r"(?:ErrorCode:|<Code>|x-ms-error-code: )(\w+)"


def otherwise(text: Pasted) -> Explanation | None:
    """Read an error that roles do not cause: a missing resource, or a malformed request."""
    for code, (sentence, means, do) in _ABSENT.items():
        if code in text or sentence in text:
            return Explanation(_SOURCE, means, do=(do,))
    code = text.found(_CODE)
    if not code:
        return None
    return Explanation(
        _SOURCE,
        f"Storage rejects the request itself ({code}); roles are not the cause.",
        do=("learn.microsoft.com/rest/api/storageservices/blob-service-error-codes says why.",),
    )


# Some clients keep a sentence and lose the code; the Azure CLI has its own sentence.
_SENTENCES = {
    "AuthorizationPermissionMismatch": (
        "to perform this operation using this permission",
        "You do not have the required permissions needed to perform this operation",
    ),
    "UnauthorizedBlobOverwrite": ("not authorized to perform blob overwrites",),
    "KeyBasedAuthenticationNotPermitted": ("Key based authentication is not permitted",),
    "PublicAccessNotPermitted": ("Public access is not permitted on this storage account",),
    "<Code>AuthenticationFailed": (
        "ErrorCode:AuthenticationFailed",
        "Make sure the value of Authorization header is formed correctly",
    ),
    "AuthorizationFailure": ("This request is not authorized to perform this operation.",),
}


def refused(text: Pasted) -> Explanation | None:
    """Read a refusal by its code (in XML, in the SDK's text or in a header) or its sentence."""
    for code, (means, *do) in _MEANINGS.items():
        if any(each in text for each in (code, *_SENTENCES.get(code, ()))):
            return _reading(code, means, do, text)
    return None


def _reading(code: str, means: str, do: list[str], text: Pasted) -> Explanation:
    by_role = code == "AuthorizationPermissionMismatch"
    request = text.found(r"RequestId:([0-9a-fA-F-]{36})")
    detail = text.phrase(r"<AuthenticationErrorDetail>([^<]+)")
    where = f", for request {request}." if request else "."
    return Explanation(
        _SOURCE,
        f"{means} ({detail})" if detail else means,
        do=(*do, *([_WHO + where] if by_role else [])),
        roles=_ROLES if by_role else (),
        silent=_SILENT if by_role else "",
    )
