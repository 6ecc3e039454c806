"""The errors of Blob Storage: for each code its status and its message.

https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2
https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
"""
# ruff: noqa: E501

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.refusal import Refusal

_UNPROVEN = "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."
# The misspelling in InvalidResourceName is Azure's. InternalError: Azure/azure-storage-python
# tests/recordings/test_append_blob.test_append_block_from_url_with_maxsize_condition.yaml.
# fmt: off
_CODES: Mapping[str, tuple[int, str]] = {
    "AuthenticationFailed": (403, "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."),
    "AuthorizationFailure": (403, "This request is not authorized to perform this operation."),
    "AuthorizationPermissionMismatch": (403, "This request is not authorized to perform this operation using this permission."),
    "AuthorizationResourceTypeMismatch": (403, "This request is not authorized to perform this operation using this resource type."),
    "AuthorizationServiceMismatch": (403, "This request is not authorized to perform this operation using this service."),
    "AuthorizationSourceIPMismatch": (403, "This request is not authorized to perform this operation using this source IP."),
    "BlobNotFound": (404, "The specified blob does not exist."),
    "CannotVerifyCopySource": (403, "Could not verify the copy source within the specified time."),
    "ContainerNotFound": (404, "The specified container does not exist."),
    "CorsPreflightFailure": (403, "CORS not enabled or no matching rule found for this request."),
    "ExceedsMaxBatchRequestCount": (400, "The batch operation exceeds maximum number of allowed subrequests."),
    "InternalError": (500, "Server encountered an internal error. Please try again after some time."),
    "InvalidAuthenticationInfo": (401, _UNPROVEN),
    "InvalidHeaderValue": (400, "The value for one of the HTTP headers is not in the correct format."),
    "InvalidInput": (400, "One of the request inputs is not valid."),
    "InvalidMetadata": (400, "The specified metadata is invalid. It includes characters that are not permitted."),
    "InvalidQueryParameterValue": (400, "Value for one of the query parameters specified in the request URI is invalid."),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "InvalidResourceName": (400, "The specifed resource name contains invalid characters."),
    "InvalidUri": (400, "The requested URI does not represent any resource on the server."),
    "InvalidXmlDocument": (400, "XML specified is not syntactically valid."),
    "InvalidXmlNodeValue": (400, "The value for one of the XML nodes is not in the correct format."),
    "KeyBasedAuthenticationNotPermitted": (403, "Key based authentication is not permitted on this storage account."),
    "LeaseLost": (412, "A lease ID was specified, but the lease for the resource has expired."),
    "MetadataTooLarge": (400, "The size of the specified metadata exceeds the maximum size permitted."),
    "MissingContentLengthHeader": (411, "The Content-Length header was not specified."),
    "MissingRequiredHeader": (400, "An HTTP header that's mandatory for this request is not specified."),
    "MissingRequiredQueryParameter": (400, "A query parameter that's mandatory for this request is not specified."),
    "NoAuthenticationInformation": (401, _UNPROVEN),
    "NotImplemented": (501, "The requested operation is not implemented on the specified resource."),
    "OperationTimedOut": (500, "The operation could not be completed within the permitted time."),
    "OutOfRangeInput": (400, "One of the request inputs is out of range."),
    "OutOfRangeQueryParameterValue": (400, "One of the query parameters specified in the request URI is outside the permissible range."),
    "PublicAccessNotPermitted": (409, "Public access is not permitted on this storage account."),
    "ResourceNotFound": (404, "The specified resource does not exist."),
    "RequestBodyTooLarge": (413, "The request body is too large and exceeds the maximum permissible limit."),
    "ServerBusy": (503, "The server is busy."),
    "SourceConditionNotMet": (412, "The source condition specified using HTTP conditional header(s) is not met."),
    "TargetConditionNotMet": (412, "The target condition specified using HTTP conditional header(s) is not met."),
    "UnauthorizedBlobOverwrite": (403, "This request is not authorized to perform blob overwrites."),
    "UnsupportedHeader": (400, "One of the HTTP headers specified in the request is not supported."),
    "UnsupportedHttpVerb": (405, "The resource doesn't support specified Http Verb."),
    "UnsupportedQueryParameter": (400, "One of the query parameters specified in the request URI is not supported."),
}
# fmt: on

# Headers that may hold a credential: their values are neither shown nor recorded.
_SECRET = frozenset(
    {"authorization", "x-ms-copy-source", "x-ms-copy-source-authorization", "x-ms-encryption-key"}
)


@dataclass(eq=False)
class StorageError(Refusal):
    """An error as Blob Storage answers it; `details` are elements of its XML.

    `phrase` stands beside the status, by default the message. An `early` error is answered before
    the service looks at the version and the id that the client sent; it repeats neither.
    """

    phrase: str = ""
    early: bool = False


def refusal(
    code: str,
    details: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    shown: bool = True,
    status: int = 0,
    message: str = "",
    phrase: str = "",
    early: bool = False,
) -> StorageError:
    """Return the error of one of Azure's codes; `status` and `message` replace the code's own.

    The audit has the details, even if they are not `shown` to the client.
    """
    usual_status, usual_message = _CODES[code]
    found = details or {}
    return StorageError(
        status or usual_status,
        code,
        message or usual_message,
        ", ".join([code, *(f"{name}: {value}" for name, value in found.items())]),
        found if shown else {},
        headers or {},
        phrase,
        early,
    )


def invalid_header(name: str, value: str, *, early: bool = False) -> StorageError:
    """Return the error of a header whose value is invalid, with the value unless it is secret.

    Azure/azure-storage-python tests/recordings/
    test_page_blob.test_create_larger_than_8tb_blob_fail.yaml.
    """
    shown = {} if name.lower() in _SECRET else {"HeaderValue": value}
    return refusal("InvalidHeaderValue", {"HeaderName": name} | shown, early=early)


def busy() -> StorageError:
    """Return the error of a service that cannot answer now: Azurite or the audit fails."""
    return refusal("ServerBusy", headers={"Retry-After": "1"})


def not_offered(feature: str) -> StorageError:
    """Return the error of a request for a feature that the sandbox lacks."""
    return refusal("NotImplemented", {"Reason": f"This sandbox does not offer {feature}."})


def not_kept(policy: str) -> StorageError:
    """Return the error of a request for data that Azure keeps under `policy`."""
    reason = f"This sandbox ignores {policy}: deleted and replaced data is gone."
    return refusal("NotImplemented", {"Reason": reason})
