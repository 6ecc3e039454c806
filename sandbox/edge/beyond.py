"""The way beyond the deployment, for the shells of this machine's user: pip, git and curl.

A shell of `./keyless env` sends all HTTPS to the sandbox. The names of the deployment end here; the
rest goes on, by the proxy that the sandbox's own environment names, or directly. A name of Azure
that the deployment does not have goes nowhere: it would receive the sandbox's tokens.
"""

import asyncio
import base64
import hmac
import socket
from collections.abc import Coroutine, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from sandbox.edge.connect import HEAD_LIMIT, ConnectError, Target

_USER = "keyless"
_PATIENCE = 30.0
_CHUNK = 64 * 1024

# https://learn.microsoft.com/azure/security/fundamentals/azure-domains, and Entra's own.
_AZURES = (
    "azconfig.io",
    "azure-api.net",
    "azure.cn",
    "azure.com",
    "azure.net",
    "azure.us",
    "azurecontainerapps.io",
    "azurecr.io",
    "azurewebsites.net",
    "chinacloudapi.cn",
    "graph.microsoft.com",
    "login.microsoft.com",
    "microsoftonline.com",
    "microsoftonline.us",
    "usgovcloudapi.net",
    "windows.net",
)
# Azure DevOps: git and package feeds, which take no token of a deployment.
_NO_RESOURCES = ("dev.azure.com",)


@dataclass(frozen=True)
class Beyond:
    """Passes on the tunnels of a client that has the key."""

    key: str = field(repr=False)

    def proxy(self, port: int, host: str) -> str:
        """Return the proxy's address with the key in it."""
        return f"http://{_USER}:{quote(self.key, safe='')}@{host}:{port}"

    def check(self, target: Target) -> None:
        """Raise ConnectError: 407 without the key, 403 for a name of Azure."""
        host = target.host.rstrip(".")
        expected = base64.b64encode(f"{_USER}:{self.key}".encode())
        scheme, _, given = target.authorization.partition(" ")
        if scheme.lower() != "basic" or not hmac.compare_digest(
            given.strip().encode("utf-8", "surrogateescape"), expected
        ):
            raise ConnectError(407, "Only the shells of this sandbox reach the rest of the world.")
        if _is_below(host, _AZURES) and not _is_below(host, _NO_RESOURCES):
            raise ConnectError(403, f"This deployment has no {host}, and Azure's is not reached.")

    async def join(self, connection: socket.socket, target: Target, answer: bytes) -> None:
        """Join `connection` with its target until one of them ends, after the `answer`.

        Raises ConnectError (502) if the target is unreachable.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                reader, writer = await self._opened(target.host, target.port)
        except (OSError, TimeoutError, ValueError) as error:
            reason = str(error) or "no answer in time"
            raise ConnectError(
                502, f"{target.host}:{target.port} is unreachable: {reason}."
            ) from error
        own_reader, own_writer = await asyncio.open_connection(sock=connection)
        own_writer.write(answer)
        with closing(writer):
            await _until_one_ends(_pump(reader, own_writer), _pump(own_reader, writer))
        own_writer.close()
        with suppress(OSError):
            await own_writer.wait_closed()  # once the client has read the rest

    async def _opened(
        self, host: str, port: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection to `host`, by this process's own proxy where it has one."""
        upstream = "" if proxy_bypass(host) else getproxies().get("https", "")
        proxy = urlsplit(upstream if "://" in upstream else f"http://{upstream}")
        # A sandbox that was started in a shell of its own would ask itself without end.
        if not upstream or (proxy.username, unquote(proxy.password or "")) == (_USER, self.key):
            return await asyncio.open_connection(host, int(port))
        return await _through(proxy, f"{host}:{port}")


def _is_below(host: str, domains: Iterable[str]) -> bool:
    return any(f".{host}".endswith(f".{each}") for each in domains)


async def _through(
    proxy: SplitResult, target: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection to `target` by a proxy."""
    by_tls = proxy.scheme == "https"
    reader, writer = await asyncio.open_connection(
        proxy.hostname, proxy.port or (443 if by_tls else 80), limit=HEAD_LIMIT, ssl=by_tls or None
    )
    try:
        await _tunnel(reader, writer, target, proxy.username, proxy.password)
    except BaseException:
        writer.close()
        raise
    return reader, writer


async def _tunnel(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    target: str,
    user: str | None,
    password: str | None,
) -> None:
    """Ask a proxy for a tunnel. Raises OSError with its status line if it refuses."""
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if user:
        pair = f"{unquote(user)}:{unquote(password or '')}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(pair).decode()}")
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise OSError("the proxy of this machine gave no answer") from error
    status = head.partition(b"\r\n")[0].decode("latin-1")
    if status.split(" ")[1:2] != ["200"]:
        raise OSError(f"the proxy of this machine answered {status[:100]!r}")


async def _until_one_ends(*directions: Coroutine[None, None, None]) -> None:
    """Run both until one has ended: TLS says its end itself."""
    tasks = [asyncio.create_task(each) for each in directions]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        writer.write(chunk)
        await writer.drain()
