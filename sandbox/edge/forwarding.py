"""Which headers the ingress of Container Apps passes on, and which it sets itself.

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
    """Whether IP restrictions that allow `ranges` (CIDRs) let `address` in; none let everyone in.

    https://learn.microsoft.com/azure/container-apps/ip-restrictions
    """
    caller = ipaddress.ip_address(address)
    return not ranges or any(caller in ipaddress.ip_network(each, strict=False) for each in ranges)


def to_app(headers: MultiMapping[str], address: str, scheme: str) -> CIMultiDict[str]:
    """What the app is told: the caller's address comes last in X-Forwarded-For, whoever else is in.

    What else the ingress says, a client cannot say for it.
    """
    passed = CIMultiDict(
        (name, value) for name, value in _end_to_end(headers) if not _says_for_us(name)
    )
    passed["X-Forwarded-For"] = ",".join([*headers.getall(_FORWARDED_FOR, []), address])
    passed["X-Forwarded-Proto"] = scheme
    passed["X-Forwarded-Host"] = headers.get("Host", "")
    return passed


def to_client(headers: MultiMapping[str]) -> CIMultiDict[str]:
    """What the client is told of the app's answer."""
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
    """A WSGI server takes `_` for `-`, so that X_Forwarded_For would be as good as the real one."""
    written = name.lower().replace("_", "-")
    return written in _OWN or written == _FORWARDED_FOR or written.startswith(_ENVOYS)
