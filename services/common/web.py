"""Errors as problem+json (RFC 9457), query arguments, and headers for every response."""

import json
from collections.abc import Mapping

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Problem(HTTPException):
    """An HTTP error whose type tells clients which error it is."""

    def __init__(
        self, status: int, kind: str, title: str, headers: Mapping[str, str] | None = None
    ) -> None:
        body = {"type": f"urn:keyless:problem:{kind}", "title": title, "status": status}
        mimetype = "application/problem+json"
        super().__init__(title, Response(json.dumps(body), status, headers, mimetype=mimetype))
        self.code = status


def init_app(app: Flask) -> None:
    """Answer every error of `app` as problem+json, and add the security headers."""
    app.register_error_handler(HTTPException, _as_problem)
    app.after_request(_with_security_headers)


def int_arg(name: str, default: int, least: int, most: int) -> int:
    """Return a number from the query string; raises Problem (400).

    Flask's `request.args.get(name, default, type=int)` silently takes the default for "ten".
    """
    text = request.args.get(name, str(default))
    if text not in map(str, range(least, most + 1)):
        raise Problem(400, f"bad-{name}", f"{name} takes a number from {least} to {most}")
    return int(text)


def _as_problem(error: HTTPException) -> Response:
    if isinstance(error.response, Response):  # as a Problem has
        return error.response
    headers = {k: v for k, v in error.get_headers() if k in ("Allow", "Retry-After")}
    kind = error.name.lower().replace(" ", "-")
    return _as_problem(Problem(error.code or 500, kind, error.name, headers=headers))


def _with_security_headers(response: Response) -> Response:
    for name, value in _SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    return response
