"""Whether the account has rules for browsers of other origins, which its answers tell caches."""

import aiohttp

from sandbox.storage.backend import Backend
from sandbox.storage.forward import question

_QUESTION = question("GET", "/", {"restype": "service", "comp": "properties"})


class Cors:
    """The rules that are set, of which no more is known than if there are any.

    Azure adds `Vary: Origin` to what it answers to GET and HEAD where a rule is set, also if the
    request names no origin:
    https://learn.microsoft.com/rest/api/storageservices/cross-origin-resource-sharing--cors--support-for-the-azure-storage-services
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: bool | None = None

    async def has_rules(self) -> bool:
        """Return whether a rule is set. Azurite is asked once, and again after a change."""
        if self._known is None:
            self._known = await self._ask()
        return bool(self._known)

    def forget(self) -> None:
        """Take notice that the rules may have changed."""
        self._known = None

    async def _ask(self) -> bool | None:
        try:
            async with self._backend.send(_QUESTION) as answer:
                return b"<CorsRule>" in await answer.read() if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None
