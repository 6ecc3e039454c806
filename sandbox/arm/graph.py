"""graph.microsoft.com: there is no directory here, so each request is refused for lack of a right.

Most managed identities have none on Azure either. Microsoft's own programs, which look up names
there, go on without them. https://learn.microsoft.com/graph/errors
"""

import uuid
from datetime import UTC, datetime
from typing import NoReturn

from aiohttp import web

from sandbox.arm.name import Named
from sandbox.audit import Gate
from sandbox.entra import Caller, TokenRefused, Verifier, bearer_token
from sandbox.plane import Granted, HttpPlane
from sandbox.rbac import Denied
from sandbox.refusal import Refusal
from sandbox.walk import application

HOST = "graph.microsoft.com"


class Graph(HttpPlane[Named]):
    """Microsoft Graph, which refuses every request."""

    service = "graph"
    unrecorded = Refusal(503, "serviceNotAvailable", "The service is not available.")

    def __init__(self, verifier: Verifier, gate: Gate) -> None:
        """`verifier` accepts tokens for GRAPH_AUDIENCES."""
        self._verifier = verifier
        self._gate = gate

    def application(self) -> web.Application:
        """Return Microsoft Graph as an HTTP application."""
        return application(self, self._gate)

    def authenticate(self, request: web.Request) -> Caller:
        """Return the caller. Raises Refusal 401."""
        authorization = request.headers.getall("Authorization", [])
        if not authorization:
            raise _unauthorized("Access token is empty.", "there is no bearer token")
        try:
            # Several headers, or another scheme, are a token that is malformed.
            return self._verifier.verify(bearer_token(authorization) or "")
        except TokenRefused as refused:
            message, reason = "Access token validation failure.", f"the token is {refused.reason}"
            raise _unauthorized(message, reason) from None

    def name(self, request: web.Request) -> NoReturn:
        """Raise Refusal 403: there is no operation that any right allows."""
        raise _forbidden(f"{request.method} {request.path}: the sandbox has no directory")

    def deny(self, caller: Caller, named: Named, denied: Denied) -> Refusal:
        """Return Azure's 403."""
        return _forbidden("no role allows it")

    async def serve(self, request: web.Request, granted: Granted[Named]) -> NoReturn:
        """Raise Refusal 403: there is nothing to serve."""
        raise _forbidden("there is nothing to serve")

    async def render(self, request: web.Request, refusal: Refusal) -> web.Response:
        """Return the error as JSON, under the request's id."""
        shown = {"request-id": str(uuid.uuid4()), "Cache-Control": "no-cache"}
        date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        inner = {"date": date, "request-id": shown["request-id"]}
        error = {"code": refusal.code, "message": refusal.message, "innerError": inner}
        return web.json_response({"error": error}, status=refusal.status, headers=shown)


def _unauthorized(message: str, reason: str) -> Refusal:
    return Refusal(401, "InvalidAuthenticationToken", message, reason)


def _forbidden(reason: str) -> Refusal:
    message = "Insufficient privileges to complete the operation."
    return Refusal(403, "Authorization_RequestDenied", message, reason)
