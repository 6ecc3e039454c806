"""Headers that depend on how a request is sent, and on the account's rules for CORS."""

import aiohttp
from aiohttp import web

from sandbox.storage.backend import Backend
from sandbox.storage.forward import question

_QUESTION = question("GET", "/", {"restype": "service", "comp": "properties"})


class Cors:
    """The CORS rules of the account, of which only their existence is known.

    Azure adds `Vary: Origin` to its answers to GET and HEAD where a rule is set, also if the
    request names no origin:
    https://learn.microsoft.com/rest/api/storageservices/cross-origin-resource-sharing--cors--support-for-the-azure-storage-services
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: bool | None = None

    def forget(self) -> None:
        """Ask Azurite again, because the rules may have changed."""
        self._known = None

    async def finish(self, request: web.Request, response: web.StreamResponse) -> None:
        """Add the headers to a response before it is sent, as recorded for GET and HEAD."""
        if request.method not in {"GET", "HEAD"} or "x-ms-version" not in response.headers:
            return
        if request.method == "HEAD" and response.status >= 400:
            # Azure sends no length for the body that is not there.
            response.headers["Transfer-Encoding"] = "chunked"
        if await self._has_rules():
            response.headers["Vary"] = "Origin"

    async def _has_rules(self) -> bool:
        if self._known is None:
            self._known = await self._ask()
        return bool(self._known)

    async def _ask(self) -> bool | None:
        try:
            async with self._backend.send(_QUESTION) as answer:
                return b"<CorsRule>" in await answer.read() if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None
