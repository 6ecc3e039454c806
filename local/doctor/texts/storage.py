"""Blob Storage's refusals, which name a code and a request, and nobody.

learn.microsoft.com/troubleshoot/azure/azure-storage/blobs/authentication/storage-troubleshoot-403-errors
"""

from local.doctor.texts.reading import Pasted, Reading

_SOURCE = "Blob Storage"
_SILENT = "Storage names neither who asked, nor the action, nor the container."
_WHO = "See who asked and for what: ./keyless doctor, ./keyless trace; on Azure StorageBlobLogs"
_ROLES = ("Storage Blob Data Reader", "Storage Blob Data Contributor", "Storage Blob Data Owner")

_MEANINGS = {
    "AuthorizationPermissionMismatch": (
        "Storage knows who asks, and no role assignment of theirs allows this there.",
        "Reading and listing a container's blobs takes Storage Blob Data Reader on the container, "
        "writing Contributor; listing containers is decided on the account.",
        "A role just granted takes up to ten minutes; Owner and Contributor hold no data action.",
    ),
    "UnauthorizedBlobOverwrite": (
        "The role lets its holder add a new blob and never replace one, and a blob is there.",
        "If that is a repetition of your own write, it has gone through. To replace blobs takes "
        "blobs/write.",
    ),
    "KeyBasedAuthenticationNotPermitted": (
        "The account takes no account key, and no SAS signed with one.",
        "Use a credential of azure-identity instead of a key or a connection string.",
    ),
    "NoAuthenticationInformation": (
        "The request came without a token.",
        "Give the client a credential.",
    ),
    "PublicAccessNotPermitted": (
        "The request came without a token, and nothing here is public.",
        "Give the client a credential.",
    ),
    "InvalidAuthenticationInfo": (
        "The token proves nothing here.",
        "If its audience does not match, ask for https://storage.azure.com/.default; if its issuer "
        "does not, sign in to the account's tenant; if it has expired, keep one credential a "
        "process and let the SDK renew it.",
    ),
    "Please refer to the information in the www-authenticate header": (
        "The request came without a token, or with one that proves nothing here.",
        "Give the client a credential; its scope is https://storage.azure.com/.default.",
    ),
    "<Code>AuthenticationFailed": (
        "Storage cannot tell who asks: the token, or a key's signature, is not believed.",
        "Use a credential of azure-identity; look at the clock.",
    ),
    "AuthorizationFailure": (
        "The account's network rules do not let this address in; no role is looked at.",
        "Allow the network, or come by the private endpoint; see the rules: "
        "az storage account show --name <account> --query networkRuleSet",
    ),
}

# Their sentence, and what to do. It is no matter of roles.
_ABSENT = {
    "ContainerNotFound": (
        "The specified container does not exist",
        "The role is enough; there is no container of that name in this account.",
        "The deployment makes containers, no service does. Look at the name and the account: "
        "az storage container list --auth-mode login --account-name <account>",
    ),
    "BlobNotFound": (
        "The specified blob does not exist",
        "The role is enough; there is no blob of that name.",
        "Look at the name; names are case-sensitive.",
    ),
    "ResourceNotFound": (
        "The specified resource does not exist",
        "The role is enough; what the address names is not there.",
        "Look at the container's and the blob's name.",
    ),
    "RequestBodyTooLarge": (
        "The request body is too large and exceeds the maximum permissible limit",
        "The content is larger than one request may carry.",
        "Let upload_blob split it, by max_single_put_size and max_block_size.",
    ),
    "ServerBusy": (
        "The server is busy",
        "The account takes no more requests at the moment.",
        "Let the SDK repeat it, or send fewer at a time.",
    ),
    "InternalError": (
        "Server encountered an internal error",
        "Storage failed; the request may be right.",
        "Let the SDK repeat it. In the sandbox see logs/azurite.log of the state folder.",
    ),
    "NotImplemented": (
        "The requested operation is not implemented on the specified resource",
        "The operation is not there: not in the sandbox, or not for this kind of account.",
        "See docs/sandbox.md for the limits of each plane.",
    ),
    "CorsPreflightFailure": (
        "CORS not enabled or no matching rule found for this request",
        "A browser asked from a page of another origin, and no rule of the account allows it.",
        "Let the server fetch the blob, as gateway does; or: az storage cors add",
    ),
    "CannotVerifyCopySource": (
        "Could not verify the copy source",
        "The source of the copy could not be read: there, too, a right is needed.",
        "Give the caller read on the source: ./keyless explain <who> blobs/read <container>",
    ),
}
_CODE = r"(?:ErrorCode:|<Code>|x-ms-error-code: )(\w+)"


def otherwise(text: Pasted) -> Reading | None:
    """What is no matter of roles: something is not there, or the request is wrong as such."""
    for code, (sentence, means, do) in _ABSENT.items():
        if code in text or sentence in text:
            return Reading(_SOURCE, means, do=(do,))
    code = text.found(_CODE)
    if not code:
        return None
    return Reading(
        _SOURCE,
        f"Storage does not take the request as it is ({code}); it is no matter of roles.",
        do=("learn.microsoft.com/rest/api/storageservices/blob-service-error-codes says why.",),
    )


# Some clients keep a sentence and lose the code; the Azure CLI says another.
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


def refused(text: Pasted) -> Reading | None:
    """A code in XML, in the SDK's text, or in a header; or the sentence without it."""
    for code, (means, *do) in _MEANINGS.items():
        if any(each in text for each in (code, *_SENTENCES.get(code, ()))):
            return _reading(code, means, do, text)
    return None


def _reading(code: str, means: str, do: list[str], text: Pasted) -> Reading:
    by_role = code == "AuthorizationPermissionMismatch"
    request = text.found(r"RequestId:([0-9a-fA-F-]{36})")
    detail = text.phrase(r"<AuthenticationErrorDetail>([^<]+)")
    where = f", by the request {request}." if request else "."
    return Reading(
        _SOURCE,
        f"{means} ({detail})" if detail else means,
        do=(*do, *([_WHO + where] if by_role else [])),
        roles=_ROLES if by_role else (),
        silent=_SILENT if by_role else "",
    )
