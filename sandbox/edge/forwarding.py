"""The headers that the ingress of Container Apps forwards, and those that it sets.

https://learn.microsoft.com/azure/container-apps/ingress-overview#http-headers
"""

import ipaddress
from collections.abc import Collection, Iterable

from multidict import CIMultiDict, MultiMapping

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_FORWARDED_FOR = "x-forwarded-for"
_OWN = frozenset(
    {
        "x-forwarded-client-cert",
        "x-forwarded-host",
        "x-forwarded-path",
        "x-forwarded-proto",
    }
)
_ENVOYS = "x-envoy-"


def admits(ranges: Collection[str], address: str) -> bool:
    """Return whether IP restrictions with the CIDRs `ranges` admit `address`; none admit all.

    https://learn.microsoft.com/azure/container-apps/ip-restrictions
    """
    caller = ipaddress.ip_address(address)
    return not ranges or any(caller in ipaddress.ip_network(each, strict=False) for each in ranges)


def to_app(headers: MultiMapping[str], address: str, scheme: str) -> CIMultiDict[str]:
    """Return the headers for the app: the client's address comes last in X-Forwarded-For.

    A client's own values of the other headers that the ingress sets are dropped.
    """
    passed = CIMultiDict(
        (name, value) for name, value in _end_to_end(headers) if not _says_for_us(name)
    )
    passed["X-Forwarded-For"] = ",".join([*headers.getall(_FORWARDED_FOR, []), address])
    passed["X-Forwarded-Proto"] = scheme
    passed["X-Forwarded-Host"] = headers.get("Host", "")
    return passed


def to_client(headers: MultiMapping[str]) -> CIMultiDict[str]:
    """Return the headers of the app's answer for the client."""
    return CIMultiDict(
        (name, value)
        for name, value in _end_to_end(headers)
        if not name.lower().startswith(_ENVOYS)
    )


def _end_to_end(headers: MultiMapping[str]) -> Iterable[tuple[str, str]]:
    connection = ",".join(headers.getall("Connection", []))
    dropped = _HOP_BY_HOP | {each.strip().lower() for each in connection.split(",")}
    return ((name, value) for name, value in headers.items() if name.lower() not in dropped)


def _says_for_us(name: str) -> bool:
    """Return whether the ingress sets this header; WSGI takes X_Forwarded_For for the real one."""
    written = name.lower().replace("_", "-")
    return written in _OWN or written == _FORWARDED_FOR or written.startswith(_ENVOYS)
