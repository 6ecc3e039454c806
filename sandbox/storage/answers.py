"""Azure's words for what it refuses: a code, a status, a message, in XML.

https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2
https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.sax.saxutils import escape

SERVER = "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"

_NOT_PROVEN = (
    "Server failed to authenticate the request. "
    "Please refer to the information in the www-authenticate header."
)
# The misspelling in InvalidResourceName is Azure's.
_CODES = {
    "AuthenticationFailed": (
        403,
        "Server failed to authenticate the request. Make sure the value of Authorization header "
        "is formed correctly including the signature.",
    ),
    "AuthorizationPermissionMismatch": (
        403,
        "This request is not authorized to perform this operation using this permission.",
    ),
    "BlobNotFound": (404, "The specified blob does not exist."),
    "CannotVerifyCopySource": (
        403,
        "Could not verify the copy source within the specified time.",
    ),
    "ContainerNotFound": (404, "The specified container does not exist."),
    "CorsPreflightFailure": (
        403,
        "CORS not enabled or no matching rule found for this request.",
    ),
    "InternalError": (
        500,
        "The server encountered an internal error. Please retry the request.",
    ),
    "InvalidAuthenticationInfo": (401, _NOT_PROVEN),
    "InvalidHeaderValue": (
        400,
        "The value for one of the HTTP headers is not in the correct format.",
    ),
    "InvalidInput": (400, "One of the request inputs is not valid."),
    "InvalidMetadata": (
        400,
        "The specified metadata is invalid. It includes characters that are not permitted.",
    ),
    "InvalidQueryParameterValue": (
        400,
        "Value for one of the query parameters specified in the request URI is invalid.",
    ),
    "InvalidResourceName": (400, "The specifed resource name contains invalid characters."),
    "InvalidUri": (400, "The requested URI does not represent any resource on the server."),
    "KeyBasedAuthenticationNotPermitted": (
        403,
        "Key based authentication is not permitted on this storage account.",
    ),
    "MissingContentLengthHeader": (411, "The Content-Length header was not specified."),
    "MissingRequiredHeader": (
        400,
        "An HTTP header that's mandatory for this request is not specified.",
    ),
    "MissingRequiredQueryParameter": (
        400,
        "A query parameter that's mandatory for this request is not specified.",
    ),
    "NoAuthenticationInformation": (401, _NOT_PROVEN),
    "NotImplemented": (
        501,
        "The requested operation is not implemented on the specified resource.",
    ),
    "OutOfRangeInput": (400, "One of the request inputs is out of range."),
    "PublicAccessNotPermitted": (
        409,
        "Public access is not permitted on this storage account.",
    ),
    "RequestBodyTooLarge": (
        413,
        "The request body is too large and exceeds the maximum permissible limit.",
    ),
    "ServerBusy": (503, "The server is busy."),
    "UnauthorizedBlobOverwrite": (
        403,
        "This request is not authorized to perform blob overwrites.",
    ),
    "UnsupportedHeader": (
        400,
        "One of the HTTP headers specified in the request is not supported.",
    ),
    "UnsupportedHttpVerb": (405, "The resource doesn't support specified Http Verb."),
    "UnsupportedQueryParameter": (
        400,
        "One of the query parameters specified in the request URI is not supported.",
    ),
}

_VERSION = re.compile(r"\d{4}-\d\d-\d\d")
_PRINTABLE = re.compile(r"[!-~]{1,1024}")
# Speaks for the versions that the SDK of the card sends; the answer repeats what was asked in.
_LATEST = "2025-11-05"


@dataclass
class Refused(Exception):
    """A request that is answered with one of Azure's error codes.

    `details` become elements beside the message, unless they are not `told`; the audit has them
    anyway. `recorded` says that it has the refusal already.
    """

    code: str
    details: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    recorded: bool = False
    told: bool = True

    @property
    def status(self) -> int:
        return _CODES[self.code][0]

    @property
    def reason(self) -> str:
        """One line for the audit."""
        return ", ".join([self.code, *(f"{name}: {value}" for name, value in self.details.items())])


def error(refused: Refused, asked: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """The headers and the body that answer a request with headers `asked`."""
    request_id = str(uuid.uuid4())
    return _error_headers(refused, asked, request_id), _error_body(refused, request_id)


def _error_body(refused: Refused, request_id: str) -> bytes:
    """The error in XML; Azure keeps the request's id and the time inside the message."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    message = f"{_CODES[refused.code][1]}\nRequestId:{request_id}\nTime:{moment}"
    told = refused.details if refused.told else {}
    details = "".join(f"<{name}>{escape(_legal(value))}</{name}>" for name, value in told.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{refused.code}</Code><Message>{escape(message)}</Message>{details}</Error>"
    ).encode()


def _error_headers(refused: Refused, asked: Mapping[str, str], request_id: str) -> dict[str, str]:
    """The headers of an error, which name its code too: the answer to HEAD has no body."""
    return {
        **common_headers(asked),
        **refused.headers,
        "Server": SERVER,
        "Content-Type": "application/xml",
        "x-ms-request-id": request_id,
        "x-ms-error-code": refused.code,
    }


def common_headers(asked: Mapping[str, str]) -> dict[str, str]:
    """What every answer repeats of its request: the version, and the client's own id."""
    version = asked.get("x-ms-version", "")
    headers = {"x-ms-version": version if _VERSION.fullmatch(version) else _LATEST}
    client_id = asked.get("x-ms-client-request-id", "")
    if _PRINTABLE.fullmatch(client_id):
        headers["x-ms-client-request-id"] = client_id
    return headers


def _legal(text: str) -> str:
    """`text` with what XML cannot hold replaced."""
    return re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
