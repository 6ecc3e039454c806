"""The control channel of a running sandbox: commands change it by one POST for each verb.

It listens on loopback alone. Its key stands in the private report, so that neither a service nor a
page in a browser can use it.
"""

import asyncio
import hmac
import inspect
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from sandbox.audit import Gate
from sandbox.edge import Address, HttpListener
from sandbox.supervisor.report import ControlReport

Json = Mapping[str, Any]
Handler = Callable[[Json], Json | Awaitable[Json]]

# A snapshot of thousands of resources.
_LONGEST_BODY = 64 * 1024 * 1024
# The errors whose message is a sentence for a user.
_FOR_USERS = (ValueError, KeyError, OSError)
_LOG = logging.getLogger(__name__)


class ControlError(ValueError):
    """A request that the running sandbox cannot carry out; the message is one sentence."""


class Control:
    """The verbs of a running sandbox, by name. It carries out one at a time.

    `report` has its address and key for the private report, once it is started. `changed` is
    called after each, so that `status` shows its changes at once.
    """

    report: ControlReport

    def __init__(self) -> None:
        self._key = secrets.token_urlsafe(32)
        self._handlers: dict[str, Handler] = {}
        self._turn = asyncio.Lock()
        self.changed: Callable[[], object] = bool
        self._listener: HttpListener | None = None

    def on(self, verb: str, handler: Handler) -> None:
        """Let `handler` answer `verb`. A ValueError, KeyError or OSError is a user's error."""
        self._handlers[verb] = handler

    async def carry_out(self, verb: str, body: Json) -> Json:
        """Carry out `verb` for a part of the sandbox itself, with the errors of its handler."""
        return await self._carry_out(self._handlers[verb], body)

    async def start(self, gate: Gate) -> None:
        """Listen on a free port of loopback."""
        application = web.Application(client_max_size=_LONGEST_BODY)
        application.router.add_post("/{verb}", self._answer)
        self._listener = HttpListener(application, gate)
        self.report = ControlReport(str(Address(await self._listener.start())), self._key)

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._listener is not None:
            await self._listener.stop()

    async def _carry_out(self, handler: Handler, body: Json) -> Json:
        async with self._turn:
            answer = handler(body)
            found = await answer if inspect.isawaitable(answer) else answer
            self.changed()
        return found

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            handler = self._handler(request)
            if handler is None:
                return _error(403, "the key is not that of this sandbox's control channel")
            body = _object(await request.text())
            return web.json_response(await self._carry_out(handler, body))
        except web.HTTPException:
            raise
        except Exception as error:
            if sentence := _for_users(error):
                return _error(400, sentence)
            _LOG.exception("The sandbox could not carry out a command")
            return _error(500, f"the sandbox failed: {type(error).__name__}; see its sandbox.log")

    def _handler(self, request: web.Request) -> Handler | None:
        """Return the handler of a request; None for a wrong key, which is compared first.

        Raises ControlError for an unknown verb.
        """
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, f"Bearer {self._key}".encode()):
            return None
        verb = request.match_info["verb"]
        if verb not in self._handlers:
            known = ", ".join(sorted(self._handlers)) or "nothing"
            raise ControlError(f"the running sandbox takes {known}, not {verb!r}")
        return self._handlers[verb]


def _for_users(error: Exception) -> str:
    """Return the sentence of a user's error; empty for a defect, such as a key of a dict."""
    if not isinstance(error, _FOR_USERS):
        return ""
    sentence = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    return sentence if " " in sentence else ""


def _object(text: str) -> Json:
    """Return the JSON object in a body. Raises ControlError."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ControlError("the body of a request to the control channel must be a JSON object")
    return found


def _error(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)
