"""The headers of login.microsoftonline.com's answers.

Of its cookies there are those that say which slice of Entra answered, and none that tells browsers
apart.

Azure/azure-sdk-for-js, sdk/digitaltwins/digital-twins-core/recordings (2022-03)
"""

from multidict import CIMultiDict

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
_COOKIES = ("x-ms-gateway-slice=estsfd", "stsservicecookie=estsfd")
_TOKENS = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache", "Expires": "-1"}


def standard(method: str, request_id: str) -> CIMultiDict[str]:
    """Return the headers of an answer: metadata may be kept for a day, tokens must not be."""
    by_method = _METADATA if method in {"GET", "HEAD"} else _TOKENS
    headers = CIMultiDict({**_ALWAYS, **by_method, "x-ms-request-id": request_id})
    for each in _COOKIES:
        headers.add("Set-Cookie", f"{each}; path=/; secure; samesite=none; httponly")
    return headers
