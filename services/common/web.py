"""Errors as problem+json (RFC 9457), and the headers that every answer carries."""

import json
from collections.abc import Mapping

from flask import Flask, Response
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import HTTPException

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Problem(Exception):
    """An error that its reader can tell from all others by its type."""

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.body = {"type": f"urn:keyless:problem:{kind}", "title": title, "status": status}
        if detail:
            self.body["detail"] = detail
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """Return the problem as a response."""
        return Response(
            json.dumps(self.body), self.status, self.headers, mimetype="application/problem+json"
        )


def install(app: Flask) -> None:
    """Answer every error of `app` as problem+json, and add the security headers."""

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return error.response()

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        headers = {k: v for k, v in error.get_headers() if k in ("Allow", "Retry-After")}
        kind = error.name.lower().replace(" ", "-")
        return Problem(status, kind, error.name, headers=headers).response()

    @app.errorhandler(ParseException)
    def unreadable(_: ParseException) -> Response:
        # A body that breaks off the rules of chunks; its text may be anything, so it is not told.
        return Problem(400, "bad-request", "The body cannot be read").response()

    @app.after_request
    def security_headers(response: Response) -> Response:
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response
