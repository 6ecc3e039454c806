"""Requests for the service's own hosts only, and changes from its own pages only.

A page of another site can post a form to any address that the browser reaches. With a name that
resolves to this machine (DNS rebinding) it can also read the response. Browsers send `Host`,
`Sec-Fetch-Site` and `Origin`. Programs such as curl send neither of the last two, and pass.
"""

import json
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.sansio.utils import host_is_trusted

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ANY_HOST = frozenset({"/healthz", "/readyz"})  # Azure's probes name the address of a replica


def init_app(app: Flask, hosts: Sequence[str]) -> None:
    """Refuse requests for other hosts than `hosts`, and changes that another site's page sends."""

    @app.before_request
    def check() -> Response | None:
        if request.path in ANY_HOST:
            return None
        host = request.headers.get("Host", "")
        if not is_own(host, hosts):
            return _refusal(400, "unknown-host", "Host names another service: see TRUSTED_HOSTS")
        if request.method not in _SAFE and _is_cross_site(host):
            return _refusal(403, "cross-site", "A page of another site may not send this")
        return None


def is_own(host: str, hosts: Sequence[str]) -> bool:
    """Return whether a Host header names one of `hosts`, a loopback address or a single label.

    No web site has one of the last two: single labels resolve only inside a machine or network.
    """
    if not host_is_trusted(host):  # malformed
        return False
    name = urlsplit(f"//{host}").hostname or ""
    return _is_inside(name) or (bool(hosts) and host_is_trusted(host.lower(), hosts))


def _is_cross_site(host: str) -> bool:
    """Return whether the browser says that a page of another origin sent the request."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site:
        return site not in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc.lower() != host.lower()


def _is_inside(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return "." not in name


def _refusal(status: int, kind: str, title: str) -> Response:
    body = {"type": f"urn:keyless:problem:{kind}", "title": title, "status": status}
    return Response(json.dumps(body), status, mimetype="application/problem+json")
