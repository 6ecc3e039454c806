"""A request as it arrives: its target, decoded exactly once, and its headers, each of them once."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, unquote_to_bytes

from multidict import CIMultiDict

from sandbox.storage.errors import refusal

# Lists by nature, and nobody here reads them.
_MAY_REPEAT = frozenset({"accept", "accept-encoding", "accept-language", "cache-control", "via"})
# https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
_CONTAINER = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(?:-[a-z0-9]+)*|\$root|\$web")
_LONGEST_BLOB_NAME = 1024
_ROOT = "$root"
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# Blob names that XML cannot carry would break every listing of their container. U+FFFE and U+FFFF,
# which it cannot carry either, are encoded there.
IN_XML = re.compile(r"[\t\n\r -\ud7ff\ue000-\uffff\U00010000-\U0010ffff]*")


class Level(StrEnum):
    """What a request is about."""

    SERVICE = "service"
    CONTAINER = "container"
    BLOB = "blob"


@dataclass(frozen=True)
class Target:
    """What a request is about, decoded. Names are validated; parameters are what was sent."""

    container: str = ""
    blob: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        if self.blob:
            return Level.BLOB
        return Level.CONTAINER if self.container else Level.SERVICE

    @property
    def path(self) -> str:
        """The one spelling that is forwarded: all but letters, digits and `-._~/` is encoded."""
        return quote("/" + "/".join(filter(None, (self.container, self.blob))))


@dataclass(frozen=True)
class BlobRequest:
    """A request without its body. `headers` are found in any case, and each stands there once."""

    method: str
    target: Target
    headers: Mapping[str, str] = field(repr=False)

    @property
    def label(self) -> str:
        """What the audit calls a request whose operation is not known yet."""
        return f"{self.method} {self.target.level}"


def read_request(method: str, raw_target: str, headers: Iterable[tuple[str, str]]) -> BlobRequest:
    """The request that stands on the wire. Raises Refusal 400 for one that could be read twice."""
    return BlobRequest(method, parse_target(raw_target), _single(headers))


def _single(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Who reads the first and who reads the last of two equal names would see two requests."""
    single: CIMultiDict[str] = CIMultiDict()
    for name, value in headers:
        if name in single and name.lower() not in _MAY_REPEAT:
            raise refusal("InvalidHeaderValue", {"HeaderName": name})
        single[name] = value
    return single


def parse_target(raw: str) -> Target:
    """The target as it stands in the request line. Raises Refusal 400 for what is no such thing."""
    if not raw.startswith("/") or "#" in raw:
        raise refusal("InvalidUri")
    path, _, query = raw.partition("?")
    first, separator, rest = path[1:].partition("/")
    parameters = _parameters(query)
    container, blob = _decoded(first), _blob_name(rest)
    if container and not separator and "restype" not in parameters:
        # Azure looks for a blob that stands in no container in the one called $root.
        return Target(_ROOT, _root_blob_name(first), parameters)
    return Target(_container_name(container, blob), blob, parameters)


def _container_name(container: str, blob: str) -> str:
    if (container and not _CONTAINER.fullmatch(container)) or (blob and not container):
        raise refusal("InvalidResourceName")
    return container


def _root_blob_name(raw: str) -> str:
    """There a name holds no slash, so that no container is meant by a part of it."""
    name = _blob_name(raw)
    if "/" in name:
        raise refusal("InvalidUri")
    return name


def _blob_name(raw: str) -> str:
    """A backslash is a slash to Azure, and a dot segment would point elsewhere on the way there."""
    name = _decoded(raw).replace("\\", "/")
    if len(name) > _LONGEST_BLOB_NAME or not IN_XML.fullmatch(name):
        raise refusal("InvalidUri")
    if not {".", ".."}.isdisjoint(name.split("/")):
        raise refusal("InvalidUri")
    return name


def _parameters(query: str) -> dict[str, str]:
    """Every parameter once, spelled without encoding; else two readers could see two requests."""
    parameters: dict[str, str] = {}
    folded: set[str] = set()
    for pair in filter(None, query.split("&")):
        name, separator, value = pair.partition("=")
        if not separator or not name or name != _decoded(name):
            raise refusal("UnsupportedQueryParameter", {"QueryParameterName": name})
        if name.lower() in folded:
            raise refusal("InvalidQueryParameterValue", {"QueryParameterName": name})
        folded.add(name.lower())
        parameters[name] = _decoded(value.replace("+", " "))
    return parameters


def _decoded(text: str) -> str:
    """`text` with its percent-encoding undone, once. Raises Refusal for what is not UTF-8."""
    octets = text.encode("utf-8", "surrogateescape")
    if _BAD_ESCAPE.search(octets):
        raise refusal("InvalidUri")
    try:
        return unquote_to_bytes(octets).decode()
    except UnicodeDecodeError as error:
        raise refusal("InvalidUri") from error
