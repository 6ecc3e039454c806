"""Takes requests for the service's own hosts, and changes from its own pages, and no others.

A page of another site can send a form to any address that a browser reaches, and with a name that
leads to this machine (DNS rebinding) also read what comes back. A browser says in `Host`,
`Sec-Fetch-Site` and `Origin` where it is and where it comes from. A program such as curl sends
neither of the last two, and is let in.
"""

import json
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.sansio.utils import host_is_trusted

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ANY_HOST = frozenset({"/healthz", "/readyz"})  # Azure's probes name the address of a replica


def install(app: Flask, hosts: Sequence[str]) -> None:
    """Refuse what is for another host than `hosts`, or a change that a page elsewhere sends."""

    @app.before_request
    def check() -> Response | None:
        if request.path in ANY_HOST:
            return None
        host = request.headers.get("Host", "")
        if not is_own(host, hosts):
            return _refusal(400, "unknown-host", "Host names another service; see TRUSTED_HOSTS")
        if request.method not in SAFE and is_from_elsewhere(host):
            return _refusal(403, "cross-site", "A page of another site may not send this")
        return None


def is_own(host: str, hosts: Sequence[str]) -> bool:
    """Return whether a Host header names one of `hosts`, or a place that no site can be at.

    These are loopback addresses, and names without a dot, known to a machine or its network alone.
    """
    if not host_is_trusted(host):  # which is malformed
        return False
    name = urlsplit(f"//{host}").hostname or ""
    return _is_inside(name) or (bool(hosts) and host_is_trusted(host.lower(), hosts))


def is_from_elsewhere(host: str) -> bool:
    """Return whether a browser says that the request comes from a page of another origin."""
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
