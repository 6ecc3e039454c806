"""Rebuilds the request for Azurite from what was decided on, so that it can mean nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sandbox.storage.decide import Permitted
from sandbox.storage.operations import Operation
from sandbox.storage.paging import place_of

# By which Azurite's records tell what the gateway wants to know from what it was asked for.
OWN_ID = "gateway"
_OF_THE_SOURCE = ("x-ms-copy-source", "x-ms-source-")
_CHECKSUMS = {
    "x-ms-source-content-crc64": "x-ms-content-crc64",
    "x-ms-source-content-md5": "content-md5",
}


@dataclass(frozen=True)
class Forwarded:
    """A request to Azurite, before it is signed. `path` is encoded, `parameters` are not."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    takes_body: bool

    @property
    def target(self) -> str:
        """The request target in its one spelling."""
        query = "&".join(
            f"{name}={quote(value, safe='')}" for name, value in self.parameters.items()
        )
        return f"{self.path}?{query}" if query else self.path


def question(
    method: str,
    path: str,
    parameters: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Forwarded:
    """Return a question of the gateway's own, which reads and has a client's id of its own."""
    asked = {**(headers or {}), "x-ms-client-request-id": OWN_ID}
    return Forwarded(method, path, parameters or {}, asked, takes_body=False)


def rebuild(permitted: Permitted) -> Forwarded:
    """The request that carries out what is permitted."""
    named = permitted.named
    operation = named.operation
    headers = dict(named.headers)
    if operation.reads_source:
        headers = _of_the_target(headers)
    elif named.source:
        headers["x-ms-copy-source"] = named.source.url
    if permitted.only_new:
        # Azurite checks and creates under one lock, so of many at once exactly one succeeds.
        headers["if-none-match"] = "*"
    return Forwarded(
        method="HEAD" if operation.as_head else operation.method,
        path=named.target.path,
        parameters=_parameters(operation, named.target.parameters),
        headers=headers,
        takes_body=operation.body or operation.reads_source,
    )


def _of_the_target(headers: Mapping[str, str]) -> dict[str, str]:
    """What a write carries whose body was read elsewhere; the checksums are those of its body."""
    kept = {name: value for name, value in headers.items() if not name.startswith(_OF_THE_SOURCE)}
    sums = {name: headers[sent] for sent, name in _CHECKSUMS.items() if sent in headers}
    return kept | sums


def _parameters(operation: Operation, sent: Mapping[str, str]) -> dict[str, str]:
    """Known ones that say something; an empty one is as good as none."""
    kind = {} if operation.as_head else operation.kind
    known = {key: value for key, value in sent.items() if value and key in operation.parameters}
    if "marker" in known:
        known["marker"] = place_of(known["marker"]) or ""
    return {**kind, **known}
