"""Parsing of CONNECT requests to the hosts that the edge serves."""

import re
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

import h11

HEAD_LIMIT = 16 * 1024
PORT = "443"

_AUTHORITY = re.compile(r"(?P<host>[a-z0-9._-]{1,253}):(?P<port>[0-9]{1,5})", re.IGNORECASE)
_SHOWN = 200


class ConnectError(Exception):
    """A request opens no tunnel: the status, and the reason in one sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def host_asked_for(head: bytes, hosts: Collection[str]) -> str:
    """Return the one of `hosts` that `head` requests a tunnel to.

    Raises ConnectError: 400 for a malformed or contradictory request, 405 for another method, 403
    for a host or port that is not served.
    """
    request = _parse(head)
    method, target = request.method.decode("latin-1"), request.target.decode("latin-1")
    if method != "CONNECT":
        named = _shown(_host_of_url(target))
        raise ConnectError(
            405, f"{_shown(method)} for {named} is no CONNECT, and nothing else goes here."
        )
    host = _served(target, hosts)
    _refuse_contradictions(request, host)
    return host


def answer_to(refusal: ConnectError, hosts: Collection[str]) -> bytes:
    """Return the refusal as plain text, with the hosts that are served."""
    known = "\n".join(f"  {host}:{PORT}" for host in sorted(hosts))
    text = f"{refusal.reason}\nThe sandbox opens tunnels, by CONNECT, to:\n{known}\n"
    allow = "Allow: CONNECT\r\n" if refusal.status == HTTPStatus.METHOD_NOT_ALLOWED else ""
    return (
        f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n{allow}"
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


def _served(target: str, hosts: Collection[str]) -> str:
    authority = _AUTHORITY.fullmatch(target)
    if authority is None:
        raise ConnectError(400, "The target of CONNECT must be host:port.")
    host, port = authority["host"].lower(), authority["port"]
    if host not in hosts or port != PORT:
        raise ConnectError(403, f"The sandbox has no route to {host}:{port}.")
    return host


def _refuse_contradictions(request: h11.Request, host: str) -> None:
    for name, value in request.headers:
        if name == b"host" and not _names(value.decode("latin-1"), host):
            raise ConnectError(400, f"The Host header and the target {host} disagree.")
        if name == b"transfer-encoding" or (name == b"content-length" and value != b"0"):
            raise ConnectError(400, "A CONNECT request has no body.")


def _names(header: str, host: str) -> bool:
    return header.lower() in {host, f"{host}:{PORT}"}


def _host_of_url(target: str) -> str:
    """Return only the host: the rest of a URL may hold a secret, which must not be logged."""
    try:
        return urlsplit(target).hostname or "no host"
    except ValueError:
        return "no host"


def _shown(text: str) -> str:
    return text[:_SHOWN].encode("ascii", "backslashreplace").decode()
