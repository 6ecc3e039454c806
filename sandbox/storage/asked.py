"""A request as it came in, before anybody has judged it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from multidict import CIMultiDict

from sandbox.storage.answers import Refused
from sandbox.storage.target import Target, parse_target

# Lists by nature, and nobody here reads them.
_MAY_REPEAT = frozenset({"accept", "accept-encoding", "accept-language", "cache-control", "via"})


@dataclass(frozen=True)
class Asked:
    """A request without its body. `headers` are found in any case, and each stands there once."""

    method: str
    target: Target
    headers: Mapping[str, str] = field(repr=False)

    @property
    def label(self) -> str:
        """What the audit calls a request whose operation is not known yet."""
        return f"{self.method} {self.target.level}"


def read_request(method: str, raw_target: str, headers: Iterable[tuple[str, str]]) -> Asked:
    """The request that stands on the wire. Raises Refused 400 for one that could be read twice."""
    return Asked(method, parse_target(raw_target), _single(headers))


def _single(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Who reads the first and who reads the last of two equal names would see two requests."""
    single: CIMultiDict[str] = CIMultiDict()
    for name, value in headers:
        if name in single and name.lower() not in _MAY_REPEAT:
            raise Refused("InvalidHeaderValue", {"HeaderName": name})
        single[name] = value
    return single
