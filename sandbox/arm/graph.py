"""graph.microsoft.com: there is no directory here, so each request is refused for lack of a right.

Most managed identities have none on Azure either. Microsoft's own programs, which look up names
there, go on without them. https://learn.microsoft.com/graph/errors
"""

import logging
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.audit import AuditError, Gate
from sandbox.entra import TokenRefused, Verifier, bearer_token

_LOG = logging.getLogger(__name__)

HOST = "graph.microsoft.com"
SERVICE = "graph"

_NO_TOKEN = (401, "InvalidAuthenticationToken", "Access token is empty.")
_BAD_TOKEN = (401, "InvalidAuthenticationToken", "Access token validation failure.")
_NO_RIGHT = (
    403,
    "Authorization_RequestDenied",
    "Insufficient privileges to complete the operation.",
)
_DOWN = (503, "serviceNotAvailable", "The service is not available.")


class Graph:
    """Microsoft Graph, which refuses every request."""

    def __init__(self, verifier: Verifier, gate: Gate) -> None:
        """`verifier` accepts tokens for GRAPH_AUDIENCES."""
        self._verifier = verifier
        self._gate = gate

    def application(self) -> web.Application:
        """Return the HTTP application for its own host name, behind TLS."""
        application = web.Application(middlewares=[self._walk])
        application.router.add_route("*", "/{path:.*}", _nothing)
        return application

    @web.middleware
    async def _walk(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            status, code, message = self._refused(request)
        except AuditError as error:
            _LOG.error("an answer cannot be put on record, so none is given: %s", error)
            status, code, message = _DOWN
        shown = {"request-id": str(uuid.uuid4()), "Cache-Control": "no-cache"}
        return web.json_response(_body(code, message, shown), status=status, headers=shown)

    def _refused(self, request: web.Request) -> tuple[int, str, str]:
        authorization = request.headers.getall("Authorization", [])
        if not authorization:
            self._gate.refuse(SERVICE, "Authenticate", "there is no bearer token")
            return _NO_TOKEN
        try:
            # Several headers, or another scheme, are a token that is malformed.
            caller = self._verifier.verify(bearer_token(authorization) or "")
        except TokenRefused as refused:
            self._gate.refuse(SERVICE, "Authenticate", f"the token is {refused.reason}")
            return _BAD_TOKEN
        reason = f"{request.method} {request.path}: the sandbox has no directory"
        self._gate.refuse(SERVICE, "Name", reason, identity=caller.name)
        return _NO_RIGHT


def _body(code: str, message: str, shown: Mapping[str, str]) -> Mapping[str, Any]:
    date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    inner = {"date": date, "request-id": shown["request-id"]}
    return {"error": {"code": code, "message": message, "innerError": inner}}


async def _nothing(_: web.Request) -> web.Response:
    """Never asked: the middleware answers."""
    raise web.HTTPNotFound
