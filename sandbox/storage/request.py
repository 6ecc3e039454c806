"""A request as it arrives: its target, decoded exactly once, and its headers, each of them once."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import quote, unquote_to_bytes

from multidict import CIMultiDict

from sandbox.storage.errors import refusal

# Lists by definition, and not read here.
_MAY_REPEAT = frozenset({"accept", "accept-encoding", "accept-language", "cache-control", "via"})
# https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
_CONTAINER = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(?:-[a-z0-9]+)*|\$root|\$web")
_LONGEST_BLOB_NAME = 1024
_ROOT = "$root"
# The parameters of a shared access signature, as this sandbox knows them.
_OF_A_SAS = frozenset(
    {"rscc", "rscd", "rsce", "rscl", "rsct", "saoid", "scid", "sdd", "sduoid", "se", "ses", "si"}
    | {"sig", "sip", "skdutid", "ske", "skoid", "sks", "skt", "sktid", "skv", "sp", "spr", "sr"}
    | {"srh", "srq", "srt", "ss", "st", "suoid", "sv"}
)
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# Blob names that XML cannot carry would break every listing of their container. U+FFFE and U+FFFF,
# which it cannot carry either, are encoded there.
IN_XML = re.compile(r"[\t\n\r -\ud7ff\ue000-\uffff\U00010000-\U0010ffff]*")


class Level(StrEnum):
    """The kind of resource that a request is about."""

    SERVICE = "service"
    CONTAINER = "container"
    BLOB = "blob"


@dataclass(frozen=True)
class Target:
    """The resource of a request, decoded. Names are validated; parameters are as sent.

    Those of a shared access signature are apart, in lower case: no operation knows them.
    """

    container: str = ""
    blob: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    sas: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def level(self) -> Level:
        if self.blob:
            return Level.BLOB
        return Level.CONTAINER if self.container else Level.SERVICE

    @property
    def path(self) -> str:
        """Return the path in the one spelling that is forwarded, encoded but for `-._~/`."""
        return quote("/" + "/".join(filter(None, (self.container, self.blob))))


@dataclass(frozen=True)
class BlobRequest:
    """A request without its body. `headers` are case-insensitive, and each occurs once.

    `sent_path` and `sent_headers` are those that the client signed, if it has signed any.
    `source_ip` is the client's address, if the request has a shared access signature.
    """

    method: str
    target: Target
    headers: Mapping[str, str] = field(repr=False)
    sent_path: str = ""
    sent_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    source_ip: str = ""

    @property
    def label(self) -> str:
        """Return the audit's name of a request whose operation is not known yet."""
        return f"{self.method} {self.target.level}"


def read_request(method: str, raw_target: str, headers: Iterable[tuple[str, str]]) -> BlobRequest:
    """Return the request on the wire. Raises Refusal 400 for one that is ambiguous."""
    single, path = _single(headers), raw_target.partition("?")[0]
    return BlobRequest(method, parse_target(raw_target), single, path, single)


def of_a_sas(request: BlobRequest, source_ip: str) -> BlobRequest:
    """Return a request with a SAS from `source_ip`: the SAS names the version if no header does."""
    headers = CIMultiDict(request.headers)
    if "x-ms-version" not in headers:
        headers["x-ms-version"] = request.target.sas.get("sv", "")
    return replace(request, headers=headers, source_ip=source_ip)


def _single(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return the headers. Duplicates are refused: proxies disagree on which one wins."""
    single: CIMultiDict[str] = CIMultiDict()
    for name, value in headers:
        if name in single and name.lower() not in _MAY_REPEAT:
            raise refusal("InvalidHeaderValue", {"HeaderName": name})
        single[name] = value
    return single


def parse_target(raw: str) -> Target:
    """Return the target of a request line. Raises Refusal 400 for an invalid one."""
    if not raw.startswith("/") or "#" in raw:
        raise refusal("InvalidUri")
    path, _, query = raw.partition("?")
    first, separator, rest = path[1:].partition("/")
    parameters = _parameters(query)
    sas = _taken_apart(parameters) if parameters else {}
    container, blob = _decoded(first), _blob_name(rest)
    if container and not separator and "restype" not in parameters:
        # Azure takes a blob without a container for one of the container $root.
        return Target(_ROOT, _root_blob_name(first), parameters, sas)
    return Target(_container_name(container, blob), blob, parameters, sas)


def _taken_apart(parameters: dict[str, str]) -> Mapping[str, str]:
    """Return the fields of a SAS, in lower case, which `parameters` then have no more."""
    signed = [each for each in parameters if each.lower() in _OF_A_SAS]
    return {each.lower(): parameters.pop(each) for each in signed}


def _container_name(container: str, blob: str) -> str:
    if (container and not _CONTAINER.fullmatch(container)) or (blob and not container):
        raise refusal("InvalidResourceName")
    return container


def _root_blob_name(raw: str) -> str:
    """Return a name in $root, which has no slash: the part before it would be a container."""
    name = _blob_name(raw)
    if "/" in name:
        raise refusal("InvalidUri")
    return name


def _blob_name(raw: str) -> str:
    """Return a blob name as Azure reads it: with slashes for backslashes, and no dot segments."""
    name = _decoded(raw).replace("\\", "/")
    if len(name) > _LONGEST_BLOB_NAME or not IN_XML.fullmatch(name):
        raise refusal("InvalidUri")
    if not {".", ".."}.isdisjoint(name.split("/")):
        raise refusal("InvalidUri")
    return name


def _parameters(query: str) -> dict[str, str]:
    """Return the parameters: each once and unencoded, so that all readers see one request."""
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
    """Return `text` with its percent-encoding decoded once. Raises Refusal unless it is UTF-8."""
    octets = text.encode("utf-8", "surrogateescape")
    if _BAD_ESCAPE.search(octets):
        raise refusal("InvalidUri")
    try:
        return unquote_to_bytes(octets).decode()
    except UnicodeDecodeError as error:
        raise refusal("InvalidUri") from error
