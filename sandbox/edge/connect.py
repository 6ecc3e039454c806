"""Parsing of CONNECT requests to the hosts that the edge serves."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

import h11

HEAD_LIMIT = 16 * 1024
PORT = "443"

_AUTHORITY = re.compile(r"(?P<host>[a-z0-9._-]{1,253}):(?P<port>[0-9]{1,5})", re.IGNORECASE)
_SHOWN = 200
_HEADERS = {
    405: "Allow: CONNECT\r\n",
    407: 'Proxy-Authenticate: Basic realm="Keyless sandbox"\r\n',
}


class ConnectError(Exception):
    """A request opens no tunnel: the status, and the reason in one sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True)
class Target:
    """The host, in lower case, and the port of a tunnel; and the client's proof to the proxy."""

    host: str
    port: str
    authorization: str = field(default="", repr=False)

    def served(self, hosts: Collection[str]) -> str | None:
        """Return the one of `hosts` that it is."""
        return self.host if self.host in hosts and self.port == PORT else None


def target_asked_for(head: bytes) -> Target:
    """Return the target that `head` requests a tunnel to.

    Raises ConnectError: 400 for a malformed or contradictory request, 405 for another method.
    """
    request = _parse(head)
    method, target = request.method.decode("latin-1"), request.target.decode("latin-1")
    if method != "CONNECT":
        named = _shown(_host_of_url(target))
        raise ConnectError(
            405, f"{_shown(method)} for {named} is no CONNECT, and nothing else goes here."
        )
    host, port = _split(target)
    _refuse_contradictions(request, host, port)
    return Target(host, port, _authorization(request))


def answer_to(refusal: ConnectError, hosts: Collection[str]) -> bytes:
    """Return the refusal as plain text, with the hosts that are served."""
    known = "\n".join(f"  {host}:{PORT}" for host in sorted(hosts))
    text = f"{refusal.reason}\nThe sandbox opens tunnels, by CONNECT, to:\n{known}\n"
    more = _HEADERS.get(refusal.status, "")
    return (
        f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n{more}"
        f"Content-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
        f"Connection: close\r\n\r\n{text}"
    ).encode("ascii")


def _parse(head: bytes) -> h11.Request:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
    if head.count(b"\n") != head.count(b"\r\n"):
        raise ConnectError(400, "A line of the request ends without a carriage return.")
    try:
        connection.receive_data(head)
        event = connection.next_event()
    except h11.RemoteProtocolError as error:
        # h11's message repeats the malformed line, which may hold a token.
        raise ConnectError(400, "That is no HTTP request: a line of it is malformed.") from error
    if not isinstance(event, h11.Request) or event.http_version not in {b"1.0", b"1.1"}:
        raise ConnectError(400, "That is no HTTP request.")
    return event


def _split(target: str) -> tuple[str, str]:
    authority = _AUTHORITY.fullmatch(target)
    if authority is None:
        raise ConnectError(400, "The target of CONNECT must be host:port.")
    return authority["host"].lower(), authority["port"]


def _authorization(request: h11.Request) -> str:
    """Return the one Proxy-Authorization; empty for none or several."""
    found = [value for name, value in request.headers if name == b"proxy-authorization"]
    return found[0].decode("latin-1") if len(found) == 1 else ""


def _refuse_contradictions(request: h11.Request, host: str, port: str) -> None:
    for name, value in request.headers:
        if name == b"host" and not _names(value.decode("latin-1"), host, port):
            raise ConnectError(400, f"The Host header and the target {host} disagree.")
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            raise ConnectError(400, "A CONNECT request has no body.")


def _names(header: str, host: str, port: str) -> bool:
    return header.lower() in {host, f"{host}:{port}"}


def _host_of_url(target: str) -> str:
    """Return only the host: the rest of a URL may hold a secret, which must not be logged."""
    try:
        return urlsplit(target).hostname or "no host"
    except ValueError:
        return "no host"


def _shown(text: str) -> str:
    return text[:_SHOWN].encode("ascii", "backslashreplace").decode()
