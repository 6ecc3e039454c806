"""The headers of login.microsoftonline.com's answers, without its cookies, which no client needs.

Azure/azure-sdk-for-js, sdk/digitaltwins/digital-twins-core/recordings (2022-03)
"""

from collections.abc import Mapping

_ALWAYS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "P3P": 'CP="DSP CUR OTPi IND OTRi ONL FIN"',
    "x-ms-ests-server": "2.1.12570.16 - NCUS ProdSlices",
}
_METADATA = {
    "Cache-Control": "max-age=86400, private",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, OPTIONS",
}
_TOKENS = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache", "Expires": "-1"}


def standard(method: str, request_id: str) -> Mapping[str, str]:
    """Return the headers of an answer: metadata may be kept for a day, tokens must not be."""
    by_method = _METADATA if method in {"GET", "HEAD"} else _TOKENS
    return {**_ALWAYS, **by_method, "x-ms-request-id": request_id}
