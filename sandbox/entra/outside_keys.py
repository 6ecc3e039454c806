"""The published keys of outside issuers, fetched as Entra does, within limits, and kept.

Only an issuer that the deployment declares is asked. Its discovery document may name another host
for its keys, as Google's does, but no address and no other port.
https://openid.net/specs/openid-connect-discovery-1_0.html
"""

import asyncio
import ipaddress
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

if TYPE_CHECKING:
    import aiohttp

_DISCOVERY = "/.well-known/openid-configuration"
_LONGEST = 256 * 1024
_MOST_KEYS = 100
_KEY_BITS = range(2048, 8192 + 1)
_WITHIN = 5.0  # seconds

# Seconds: keys are good for a day; an unknown key id is looked up once a minute, and
# an issuer that does not answer is left alone for a moment.
_FRESH = 24 * 60 * 60
_AGAIN = 60
_AFTER_FAILURE = 5

Keys = Mapping[str, RSAKey]
Fetch = Callable[[str], Awaitable[Keys]]


class UnreachableError(Exception):
    """An issuer whose keys cannot be read; the message says why."""


@dataclass
class _Kept:
    keys: Keys = field(default_factory=dict)
    at: float = float("-inf")
    failed_at: float = float("-inf")
    failure: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class OutsideKeys:
    """The keys of the issuers that were asked for."""

    def __init__(
        self, fetch: Fetch | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`fetch` returns the keys of an issuer, or raises UnreachableError."""
        self._fetch = fetch or fetch_keys
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def key(self, issuer: str, kid: str) -> RSAKey | None:
        """Return a key of a declared `issuer`, or None if it publishes none of this id.

        Raises UnreachableError. However many ask, the issuer is asked by one at a time.
        """
        kept = self._kept.setdefault(issuer, _Kept())
        async with kept.lock:
            if self._is_due(kept, kid):
                await self._refresh(issuer, kept)
        return kept.keys.get(kid)

    def _is_due(self, kept: _Kept, kid: str) -> bool:
        age = self._clock() - kept.at
        return age >= (_AGAIN if kid not in kept.keys else _FRESH)

    async def _refresh(self, issuer: str, kept: _Kept) -> None:
        if self._clock() - kept.failed_at < _AFTER_FAILURE:
            raise UnreachableError(kept.failure)
        try:
            kept.keys = await self._fetch(issuer)
        except UnreachableError as error:
            kept.failed_at, kept.failure = self._clock(), str(error)
            raise
        kept.at = self._clock()


async def fetch_keys(issuer: str) -> Keys:
    """Return an issuer's RSA keys by their ids. Raises UnreachableError."""
    # Only here: commands that only read the audit import this module too, and should start fast.
    import aiohttp  # noqa: PLC0415

    within = aiohttp.ClientTimeout(total=_WITHIN)
    try:
        # aiohttp's own context is made when it is imported, and SSL_CERT_FILE may be set later.
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context())
        async with aiohttp.ClientSession(connector=connector, timeout=within) as session:
            document = await _get(session, issuer.rstrip("/") + _DISCOVERY)
            if document.get("issuer") != issuer:
                raise UnreachableError(f"its discovery document is of another issuer than {issuer}")
            return _keys(await _get(session, _address(document, issuer)))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError, RecursionError) as error:
        raise UnreachableError(f"{issuer}: {error or type(error).__name__}") from error


async def _get(session: "aiohttp.ClientSession", url: str) -> Mapping[str, Any]:
    """Return a JSON object; follow no redirect, and read no more than the limit."""
    host = urlsplit(url).hostname or ""
    proxy = None if proxy_bypass(host) else getproxies().get("https")
    async with session.get(url, allow_redirects=False, proxy=proxy) as answer:
        if answer.status != 200:
            raise UnreachableError(f"{url} answered {answer.status}")
        content = bytearray()
        async for chunk in answer.content.iter_any():
            content += chunk
            if len(content) > _LONGEST:
                raise UnreachableError(f"{url} is longer than {_LONGEST} bytes")
    found = json.loads(content)
    if not isinstance(found, dict):
        raise UnreachableError(f"{url} is no JSON object")
    return found


def _address(document: Mapping[str, Any], issuer: str) -> str:
    """Return the address of the keys that a discovery document names."""
    address = document.get("jwks_uri")
    if not isinstance(address, str) or not _may_serve(urlsplit(address), urlsplit(issuer)):
        raise UnreachableError(f"{issuer} names no address for its keys that may be asked")
    return address


def _may_serve(keys: SplitResult, issuer: SplitResult) -> bool:
    if keys.scheme != "https" or keys.username or not keys.hostname:
        return False
    own = (keys.hostname, keys.port) == (issuer.hostname, issuer.port)
    return own or (keys.port in {None, 443} and _is_a_name(keys.hostname))


def _is_a_name(host: str) -> bool:
    """Return whether `host` is a name with a dot: no address, and no name of this machine."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host.strip(".") and not host.rstrip(".").endswith(".localhost")
    return False


def _keys(document: Mapping[str, Any]) -> Keys:
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise UnreachableError("the issuer's keys are no list")
    return dict(filter(None, map(_key, listed[:_MOST_KEYS])))


def _key(entry: Any) -> tuple[str, RSAKey] | None:
    """Return the id and the public half of an RSA key; None for any other."""
    if not isinstance(entry, dict) or entry.get("kty") != "RSA":
        return None
    parts = {name: entry.get(name) for name in ("kid", "kty", "n", "e")}
    if not all(isinstance(each, str) for each in parts.values()):
        return None
    try:
        key = RSAKey.import_key({name: str(parts[name]) for name in ("kty", "n", "e")})
    except (JoseError, ValueError):
        return None
    return (str(parts["kid"]), key) if key.public_key.key_size in _KEY_BITS else None
