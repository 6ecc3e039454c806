"""The client of Azurite, which signs each request with Azurite's own key."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from sandbox.storage.forward import Forwarded
from sandbox.storage.signing import signed_headers

# Azurite always closes idle sockets after 5 seconds (`Keep-Alive: timeout=5`).
_IDLE_AT_MOST = 4.0
# Its other limits would set a timer anew at each step of each request.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5)
# Seconds that Azure allows an operation, and those for each byte of a write; the answer's own bytes
# do not count here. A block list has twice as long.
# https://learn.microsoft.com/rest/api/storageservices/setting-timeouts-for-blob-service-operations
_LONGEST, _PER_BYTE = 30.0, 600 / (1024 * 1024)
_AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")

# A header of a request or an answer: more than all metadata of a blob.
LONGEST_HEADER = 16 * 1024

Body = AsyncIterator[bytes] | bytes | None


class HungError(TimeoutError):
    """Azurite took a request, and did not begin its answer in the time that Azure allows."""


class Backend:
    """A client of one account of an Azurite on this machine."""

    def __init__(
        self, account: str, host: str, port: int, key: str, longest: float = _LONGEST
    ) -> None:
        """`host` is the account's name in the Host header; `key` is base64.

        `longest` are the seconds in which Azurite must begin its answer to a usual request.
        """
        self._account = account
        self._host = host
        self._origin = f"http://127.0.0.1:{port}"
        self._key = base64.b64decode(key)
        self._longest = longest
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the session."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_AT_MOST)
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=_TIMEOUT,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=_AUTOMATIC,
                trust_env=False,
                max_field_size=LONGEST_HEADER,
            )

    async def stop(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def send(
        self, forwarded: Forwarded, length: int | None = None, body: Body = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request; the context has Azurite's answer, whose body may take any time.

        Raises HungError, aiohttp.ClientError or TimeoutError without an answer.
        """
        if self._session is None:
            raise aiohttp.ClientConnectionError("the client of Azurite has not been started")
        headers = signed_headers(forwarded, length, self._account, self._key)
        url = URL(self._origin + forwarded.target, encoded=True)
        timer = asyncio.timeout(seconds_for(forwarded, length or 0, self._longest))
        try:
            async with timer:
                answer = await self._session.request(
                    forwarded.method,
                    url,
                    headers={"Host": self._host, **headers},
                    data=body,
                    allow_redirects=False,
                )
        except TimeoutError as error:
            if timer.expired():
                raise HungError(f"no answer to {forwarded.method}") from error
            raise
        async with answer:
            yield answer


def seconds_for(forwarded: Forwarded, length: int, longest: float = _LONGEST) -> float:
    """Return the seconds that Azure allows a request whose body has `length` bytes.

    A longer `timeout` than that is reduced to it.
    """
    is_list = forwarded.method == "PUT" and forwarded.parameters.get("comp") == "blocklist"
    most = max(2 * longest if is_list else longest, length * _PER_BYTE)
    asked = int(forwarded.parameters.get("timeout", "0"))
    return min(asked, most) if asked > 0 else most
