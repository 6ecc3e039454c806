"""The check that a request's Host header agrees with its tunnel or listener.

https://www.rfc-editor.org/rfc/rfc9112#section-3.2
"""

import re
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from aiohttp import web

from sandbox.audit import Gate

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

_HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True)
class Names:
    """The names of an application; `port` is the only one that a Host header may give."""

    own: frozenset[str]
    port: str | None = None
    others: Collection[str] = ()

    def __str__(self) -> str:
        return min(self.own)


def host_error(target: str, hosts: Sequence[str], names: Names) -> tuple[int, str] | None:
    """Return the status and the sentence for a wrong target or Host header; None if both are right.

    421 is for a client that has mixed up two connections; all else is 400.
    """
    if not target.startswith("/") or "#" in target:
        return 400, "The target of a request must be a path."
    if len(hosts) != 1:
        return 400, f"A request has one Host header, this one has {len(hosts)}."
    host = _HOST.fullmatch(hosts[0])
    if host is None or (names.port and host["port"] not in {None, names.port}):
        return 400, "The Host header is no host of this listener."
    name = host["name"].lower()
    if name in names.own:
        return None
    status = 421 if name in names.others else 400
    return status, f"The Host header names {name}, this connection leads to {names}."


def guarded(handler: Handler, names: Names, gate: Gate) -> Handler:
    """Return a handler that calls `handler` only for its own names, and records refusals."""

    async def guard(request: web.BaseRequest) -> web.StreamResponse:
        found = host_error(request.raw_path, request.headers.getall("Host", []), names)
        if found is None:
            return await handler(request)
        status, sentence = found
        gate.refuse("edge", f"{request.method} {names}", sentence)
        refusal = web.Response(status=status, text=sentence + "\n")
        refusal.force_close()
        return refusal

    return guard
