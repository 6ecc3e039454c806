"""Errors on the wire: their status line, headers and XML.

The source is the answers that Azure/azure-storage-python recorded in 2019 (tests/recordings), and
later ones, which are named where they show more.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from xml.sax.saxutils import escape

from aiohttp import web

from sandbox.storage.errors import StorageError
from sandbox.storage.versions import version_of

# Each XML document of Azure's begins with a byte order mark.
BOM = b"\xef\xbb\xbf"
DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>'

_FRONT = "Microsoft-HTTPAPI/2.0"
SERVER = f"Windows-Azure-Blob/1.0 {_FRONT}"
# Codes that the front end answers itself, before a request reaches the service.
_OF_THE_FRONT = frozenset({"InvalidAuthenticationInfo"})

_PRINTABLE = re.compile(r"[!-~]{1,1024}")
# The version of an answer to a request that names none.
_LATEST = "2025-11-05"
_LONGEST_REASON = 256


def error_response(error: StorageError, method: str, sent: Mapping[str, str]) -> web.Response:
    """Return an error as the answer to a request of `method` with the headers `sent`."""
    request_id = new_id()
    headers = {**headers_of(error, sent), "x-ms-request-id": request_id}
    body = b"" if method == "HEAD" or error.status == 304 else document(error, request_id)
    if body:
        headers["Content-Type"] = "application/xml"
    return web.Response(
        status=error.status, reason=reason_of(error), headers=headers, body=body or None
    )


def headers_of(error: StorageError, sent: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an error. Its code is one of them: an answer to HEAD has no body.

    Two kinds of answer have fewer. InvalidAuthenticationInfo comes from the front end (Azure/
    azure-sdk-assets java/…/session-records/BlobApiTests.audienceError.json, of 2024-01); a
    parameter that cannot be read is refused before the service has looked for the version
    (test_common_blob.test_get_blob_metadata_fail).
    """
    if error.code in _OF_THE_FRONT:
        return {**error.headers, "Server": _FRONT, "x-ms-error-code": error.code}
    if error.early:
        return {**error.headers, "Server": SERVER}
    ours = {"Server": SERVER, "x-ms-error-code": error.code}
    return {**repeated(sent), **error.headers, **ours}


def document(error: StorageError, request_id: str) -> bytes:
    """Return the error in XML; its message ends with the request's id and the time."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    message = _legal(f"{error.message}\nRequestId:{request_id}\nTime:{moment}")
    details = "".join(
        f"<{name}>{escape(_legal(value))}</{name}>" for name, value in error.details.items()
    )
    text = f"<Code>{error.code}</Code><Message>{escape(message)}</Message>{details}"
    return BOM + DECLARATION + f"<Error>{text}</Error>".encode()


def reason_of(error: StorageError) -> str:
    """Return the phrase beside the status: the first line of the message, in printable ASCII."""
    first, *_ = (error.phrase or error.message).splitlines() or [""]
    return re.sub(r"[^ -~]", "?", first)[:_LONGEST_REASON]


def repeated(sent: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that repeat the request's: the version, and the client's own id."""
    headers = {"x-ms-version": version_of(sent) or _LATEST}
    client_id = sent.get("x-ms-client-request-id", "")
    if _PRINTABLE.fullmatch(client_id):
        headers["x-ms-client-request-id"] = client_id
    return headers


def new_id() -> str:
    """Return an id for a request, which ends in six zeros as the front end's do."""
    digits = token_hex(13)
    groups = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(groups) + "000000"


def _legal(text: str) -> str:
    """Return `text` with a question mark for each character that XML cannot hold."""
    return re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
