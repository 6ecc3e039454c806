"""Clients that send a token as it stands, whatever it is: HTTP in a tunnel, AMQP over TLS."""

import http.client
import select
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from proton import SSLDomain
from proton.utils import BlockingConnection

from tests.attacks.stack import Stack
from tests.sandbox.servicebus.peer import Peer

_PIECE = 80 * 1024
# A header that Blob Storage reads and Key Vault ignores.
_VERSION = ("x-ms-version", "2025-11-05")


@dataclass(frozen=True)
class Reply:
    """An answer over HTTP as it came."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    reason: str = ""

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    stack: Stack, host: str, method: str, target: str, *tokens: str, body: bytes = b""
) -> Reply:
    """Send a request through the proxy to `host`, with one Authorization header for each token."""
    lines = [("Host", host), ("Content-Length", str(len(body))), _VERSION]
    lines += [("Authorization", f"Bearer {token}") for token in tokens]
    with _tunnel(stack, host) as tunnel:
        _send(tunnel, _head(f"{method} {target} HTTP/1.1", lines) + body)
        response = http.client.HTTPResponse(tunnel, method=method)
        response.begin()
        return Reply(response.status, response.headers, response.read(), response.reason)


def _head(line: str, headers: Iterable[tuple[str, str]]) -> bytes:
    return "\r\n".join([line, *(f"{name}: {value}" for name, value in headers), "", ""]).encode()


def _send(tunnel: ssl.SSLSocket, octets: bytes) -> None:
    """All of it, unless an answer comes before that."""
    for start in range(0, len(octets), _PIECE):
        if start and select.select([tunnel], [], [], 0.05)[0]:
            return
        tunnel.sendall(octets[start : start + _PIECE])


def _tunnel(stack: Stack, host: str) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", stack.port), timeout=60)
    plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
    assert plain.recv(1024).startswith(b"HTTP/1.1 200 ")
    trust = ssl.create_default_context(cafile=str(stack.authority))
    # Later versions say something, tickets, before they are asked anything.
    trust.maximum_version = ssl.TLSVersion.TLSv1_2
    return trust.wrap_socket(plain, server_hostname=host)


class BusPeer(Peer):
    """One AMQP connection over TLS to the namespace of the deployment."""

    def __init__(self, stack: Stack) -> None:
        host = stack.deployment.bus.host
        trusted = SSLDomain(SSLDomain.MODE_CLIENT)
        trusted.set_trusted_ca_db(str(stack.authority))
        trusted.set_peer_authentication(SSLDomain.VERIFY_PEER_NAME)
        self._host = host
        self.connection: Any = BlockingConnection(
            f"amqps://127.0.0.1:{stack.amqp_port}",
            timeout=60,
            ssl_domain=trusted,
            allowed_mechs="ANONYMOUS",
            virtual_host=host,
        )

    def put(self, token: str, path: str = "", kind: str = "jwt") -> Any:
        """Put a token for the entity at `path`, or for the whole namespace."""
        return super().put(token, f"sb://{self._host}/{path}", kind)
