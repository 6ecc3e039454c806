"""Rebuilds the request for Azurite from what was decided on, so that it can mean nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sandbox.storage.decide import Permitted
from sandbox.storage.operations import Operation


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


def rebuild(permitted: Permitted) -> Forwarded:
    """The request that carries out what is permitted."""
    named = permitted.named
    operation = named.operation
    headers = dict(named.headers)
    if named.source:
        headers["x-ms-copy-source"] = named.source.url
    if permitted.only_new:
        # Azurite checks and creates under one lock, so of many at once exactly one succeeds.
        headers["if-none-match"] = "*"
    return Forwarded(
        method="HEAD" if operation.as_head else operation.method,
        path=named.target.path,
        parameters=_parameters(operation, named.target.parameters),
        headers=headers,
        takes_body=operation.body,
    )


def _parameters(operation: Operation, sent: Mapping[str, str]) -> dict[str, str]:
    """Known ones that say something; an empty one is as good as none."""
    kind = {} if operation.as_head else operation.kind
    known = {key: value for key, value in sent.items() if value and key in operation.parameters}
    return {**kind, **known}
