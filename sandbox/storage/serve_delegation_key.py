"""Answers with a user delegation key, whose signatures are bounded by the rights of its principal.

https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key
"""

from datetime import UTC, datetime

from aiohttp import web

from sandbox.entra import Caller
from sandbox.storage.delegation_keys import DelegationKeys, KeyClaims, check_times, written
from sandbox.storage.errors import refusal
from sandbox.storage.rendering import SERVER, new_id, repeated
from sandbox.storage.request_xml import key_times
from sandbox.storage.serve import whole_body
from sandbox.storage.shared_key import BY_KEY

_LONGEST = 4 * 1024


async def serve_delegation_key(
    request: web.Request,
    caller: Caller,
    keys: DelegationKeys,
    *,
    account: str,
    tenant_id: str,
    now: float,
) -> web.Response:
    """Return a key for the caller; `now` is in seconds since the epoch.

    Raises Refusal for times that a key cannot have, and for a caller without a token.
    """
    if caller is BY_KEY:
        detail = "Only authentication scheme Bearer is supported"
        raise refusal("AuthenticationFailed", {"AuthenticationErrorDetail": detail})
    moment = datetime.fromtimestamp(now, UTC)
    start, expiry = key_times(await _body(request))
    start = start or moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    check_times(start, expiry, moment)
    sent = repeated(request.headers)
    claims = KeyClaims(caller.principal_id, tenant_id, start, expiry, "b", sent["x-ms-version"])
    response = web.Response(
        body=written(claims, keys.key(account, claims)),
        headers={
            **sent,
            "Server": SERVER,
            "x-ms-request-id": new_id(),
            "Content-Type": "application/xml",
        },
    )
    response.enable_chunked_encoding()
    return response


async def _body(request: web.Request) -> bytes:
    if "Transfer-Encoding" in request.headers:
        raise refusal("MissingContentLengthHeader")
    length = int(request.headers.get("Content-Length", "0"))
    if length > _LONGEST:
        raise refusal("RequestBodyTooLarge")
    return await whole_body(request, length)
