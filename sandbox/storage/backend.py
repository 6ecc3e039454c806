"""The client of Azurite, which signs each request with Azurite's own key."""

import base64
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import aiohttp
from yarl import URL

from sandbox.storage.forward import Forwarded
from sandbox.storage.signing import signed_headers

# Azurite always closes idle sockets after 5 seconds (`Keep-Alive: timeout=5`).
_IDLE_AT_MOST = 4.0
# No limit for an answer: a client has its own, and aiohttp ends a request whose client has gone. A
# timer would be set anew at each step of each request.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=5)
_AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")

# A header of a request or an answer: more than all metadata of a blob.
LONGEST_HEADER = 16 * 1024

Body = AsyncIterator[bytes] | bytes | None


class Backend:
    """A client of one account of an Azurite on this machine."""

    def __init__(self, account: str, host: str, port: int, key: str) -> None:
        """`host` is the account's name in the Host header; `key` is base64."""
        self._account = account
        self._host = host
        self._origin = f"http://127.0.0.1:{port}"
        self._key = base64.b64decode(key)
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

    def send(
        self, forwarded: Forwarded, length: int | None = None, body: Body = None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Send a request; the context has Azurite's answer.

        Raises aiohttp.ClientError or TimeoutError without one.
        """
        if self._session is None:
            raise aiohttp.ClientConnectionError("the client of Azurite has not been started")
        headers = signed_headers(forwarded, length, self._account, self._key)
        url = URL(self._origin + forwarded.target, encoded=True)
        return self._session.request(
            forwarded.method,
            url,
            headers={"Host": self._host, **headers},
            data=body,
            allow_redirects=False,
        )
