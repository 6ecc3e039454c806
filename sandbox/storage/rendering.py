"""Errors on the wire: the status line, the headers and the XML of a failure.

What is written here was read off the answers that Azure/azure-storage-python recorded in 2019
(tests/recordings) and off later ones, which are named where they say more.
"""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from aiohttp import web

from sandbox.storage.errors import Failure
from sandbox.storage.versions import version_of

# A byte order mark stands before each document of XML that Azure sends.
BOM = b"\xef\xbb\xbf"
DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>'

_FRONT = "Microsoft-HTTPAPI/2.0"
SERVER = f"Windows-Azure-Blob/1.0 {_FRONT}"
# Codes that the front answers itself, before the request reaches the service.
_OF_THE_FRONT = frozenset({"InvalidAuthenticationInfo"})

_PRINTABLE = re.compile(r"[!-~]{1,1024}")
# Speaks for the versions that the SDK of the card sends; the answer repeats what was asked in.
_LATEST = "2025-11-05"
_LONGEST_REASON = 256


def response(failure: Failure, method: str, asked: Mapping[str, str]) -> web.Response:
    """Return the answer to a request of `method` with the headers `asked`."""
    request_id = new_id()
    headers = {**headers_of(failure, asked), "x-ms-request-id": request_id}
    body = b"" if method == "HEAD" or failure.status == 304 else document(failure, request_id)
    if body:
        headers["Content-Type"] = "application/xml"
    return web.Response(
        status=failure.status, reason=reason_of(failure), headers=headers, body=body or None
    )


def headers_of(failure: Failure, asked: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a failure; its code is one, for the answer to HEAD has no body.

    Two kinds of answer have less. InvalidAuthenticationInfo comes from the front (Azure/
    azure-sdk-assets java/…/session-records/BlobApiTests.audienceError.json, of 2024-01); a
    parameter that cannot be read is refused before the service has looked for the version
    (test_common_blob.test_get_blob_metadata_fail).
    """
    if failure.code in _OF_THE_FRONT:
        return {**failure.headers, "Server": _FRONT, "x-ms-error-code": failure.code}
    if failure.early:
        return {**failure.headers, "Server": SERVER}
    ours = {"Server": SERVER, "x-ms-error-code": failure.code}
    return {**repeated(asked), **failure.headers, **ours}


def document(failure: Failure, request_id: str) -> bytes:
    """Return the error in XML; its message ends with the request's id and the time."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    message = _legal(f"{failure.message}\nRequestId:{request_id}\nTime:{moment}")
    details = "".join(
        f"<{name}>{escape(_legal(value))}</{name}>" for name, value in failure.details.items()
    )
    text = f"<Code>{failure.code}</Code><Message>{escape(message)}</Message>{details}"
    return BOM + DECLARATION + f"<Error>{text}</Error>".encode()


def reason_of(failure: Failure) -> str:
    """Return the phrase beside the status: the first line of the message, in printable ASCII."""
    first, *_ = (failure.reason or failure.message).splitlines() or [""]
    return re.sub(r"[^ -~]", "?", first)[:_LONGEST_REASON]


def repeated(asked: Mapping[str, str]) -> dict[str, str]:
    """Return what an answer repeats of its request: the version, and the client's own id."""
    headers = {"x-ms-version": version_of(asked) or _LATEST}
    client_id = asked.get("x-ms-client-request-id", "")
    if _PRINTABLE.fullmatch(client_id):
        headers["x-ms-client-request-id"] = client_id
    return headers


def new_id() -> str:
    """Return an id for a request. Those of the front end in six zeros, for its first part."""
    return f"{str(uuid.uuid4())[:-6]}000000"


def _legal(text: str) -> str:
    """`text` with what XML cannot hold replaced."""
    return re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)
