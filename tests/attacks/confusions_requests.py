"""Random requests, built from the pieces, each with the operations it may be carried out as."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from sandbox.storage.operations import OPERATIONS, Operation
from sandbox.storage.request import Level
from tests.attacks.confusions_pieces import (
    BLOBS,
    BROKEN_LINES,
    CONTAINERS,
    FORGED,
    HEADERS,
    HOSTS,
    ODD_HEADERS,
    PARAMETERS,
    PEOPLE,
    ROOT_BLOBS,
    SOURCE_QUERIES,
    SOURCES,
    TARGETS,
    VERSIONS,
    Pieces,
)
from tests.sandbox.storage.harness import BLOBS as B
from tests.sandbox.storage.harness import VERSION, Storage, all_but
from tests.sandbox.storage.requests_of_rows import headers_of, target_of

T = TypeVar("T")
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "MERGE", "OPTIONS"]
FAULTS = ["host", "form", "version", "line", "length"]
_NUMBERS = itertools.count()
_OFTEN = {"PutBlob", "CopyBlob", "CopyBlobFromURL", "GetBlob", "DeleteBlob", "ListBlobs"}
_ROWS = [
    each
    for each in OPERATIONS
    for _ in range(4 if each.name in _OFTEN else 1)
    if each.name != "BlobBatch"
]
_ALL_BUT_READ = next(each.actions for each in OPERATIONS if each.name == "GetBlob")
_PEOPLE = [*PEOPLE, *["owner"] * 16, f"{B}/read", f"{B}/write", all_but(_ALL_BUT_READ)]


@dataclass(frozen=True)
class Meaning:
    """The one legal reading of a request. `source` is container, blob and snapshot of a copy's."""

    method: str
    path: str
    kind: frozenset[tuple[str, str]]
    container: str = ""
    blob: str = ""
    snapshot: str = ""
    source: tuple[str, str, str] | None = None
    length: int = 0


@dataclass(frozen=True)
class Ask:
    """A request on the wire. Without a meaning nothing may come of it.

    `ends` says that nothing behind it on its connection may be taken for a request. A batch has
    a decision of its own and is not carried out; its `parts` are.
    """

    id: str
    who: str
    octets: bytes
    meaning: Meaning | None
    ends: bool = False
    parts: tuple["Ask", ...] = ()


def mostly_legal(by: Random, pieces: Pieces) -> str:
    """Nine in ten that mean something, so that several pieces together often do."""
    legal = by.random() < 0.9
    return by.choice([each for each, means in pieces.items() if (means is not None) is legal])


def few(by: Random, options: Sequence[T]) -> list[T]:
    """Mostly none, seldom more than one."""
    return by.choices(options, k=by.choice([0, 0, 0, 0, 1, 2]))


def most(by: Random, options: Iterable[T]) -> list[T]:
    """Nearly always all."""
    return [each for each in options if by.random() < 0.95]


@dataclass(frozen=True)
class Line:
    """A request line, and its meaning."""

    method: str
    target: str
    meaning: Meaning | None


def lines(by: Random, row: Operation) -> Line:
    """The request line of a row, its names and parameters at random, perhaps of another method."""
    method = by.choice(METHODS) if by.random() < 0.1 else row.method
    raw, parameters = queries(by, row)
    path, place = places(by, row.level, "restype" in raw)
    known = dict(parameters or ())
    kind = frozenset(each for each in known.items() if each[0] in {"comp", "restype"})
    meaning = None
    if place is not None and parameters is not None:
        level, container, blob = place
        meaning = Meaning(method, level, kind, container, blob, known.get("snapshot", ""))
    return Line(method, f"{path}?{raw}" if raw else path, meaning)


def queries(by: Random, row: Operation) -> tuple[str, list[tuple[str, str]] | None]:
    """A query, and its parameters if it can be read in one way."""
    own = [each for each in target_of(row).partition("?")[2].split("&") if each]
    odd = few(by, list(PARAMETERS))
    own = most(by, own)
    pieces = by.sample([*own, *odd], len(own) + len(odd))
    meant = [PARAMETERS.get(each, tuple(each.split("=", 1))) for each in pieces]
    raw = "&".join(pieces).replace('"', "%22")
    if any(each is None for each in meant):
        return raw, None
    parameters = [(each[0], each[1]) for each in meant if each]
    names = [name.lower() for name, _ in parameters]
    return raw, parameters if len(names) == len(set(names)) else None


def places(by: Random, level: Level, has_restype: bool) -> tuple[str, tuple[str, str, str] | None]:
    """A path, and its level, container and blob if it names them in one way."""
    if level is Level.SERVICE:
        return "/", ("/", "", "")
    container = mostly_legal(by, CONTAINERS)
    if level is Level.CONTAINER:
        container = container or "scratch"
        name = CONTAINERS[container]
        if not has_restype:
            name = ROOT_BLOBS.get(container)
            return f"/{container}", ("/c/b", "$root", name) if name else None
        return f"/{container}", ("/c", name, "") if name else None
    blob = mostly_legal(by, BLOBS)
    holder, name = CONTAINERS[container], BLOBS[blob]
    return f"/{container}/{blob}", ("/c/b", holder, name) if holder and name else None


def sources(by: Random, storage: Storage) -> tuple[str, tuple[str, str, str] | None]:
    """An address to copy from, and the blob that it is."""
    prefix = by.choice(SOURCES)
    path, place = places(by, Level.BLOB, has_restype=False)
    query = mostly_legal(by, SOURCE_QUERIES)
    snapshot = SOURCE_QUERIES[query]
    address = prefix.format(host=storage.host, account=storage.azurite.account) + path[1:] + query
    if prefix != SOURCES[0] or place is None or snapshot is None:
        return address, None
    return address, (place[1], place[2], snapshot)


def fields(by: Random, storage: Storage, row: Operation) -> tuple[list[str], Meaning | None]:
    """Header lines for a row, and a meaning that holds a copy's source; None if they are odd."""
    own = most(by, headers_of(row).items())
    odd = [by.choice(ODD_HEADERS)] if by.random() < 0.05 else []
    more = few(by, HEADERS)
    found = [*own, *more, *odd]
    address, source = "", None
    if "x-ms-copy-source" in dict(own) or by.random() < 0.05:
        address, source = sources(by, storage)
        found = [each for each in found if each[0] != "x-ms-copy-source"]
        found.append(("x-ms-copy-source", address))
    names = [name.lower() for name, _ in found]
    meaning = Meaning("", "", frozenset(), source=source)
    legal = not odd and len(names) == len(set(names))
    return [f"{name}: {value}" for name, value in found], meaning if legal else None


def asks(by: Random, storage: Storage) -> Ask:
    """Return a random request of any form."""
    row = by.choice(_ROWS)
    line = lines(by, row)
    texts, carried = fields(by, storage, row)
    who, number = by.choice(_PEOPLE), f"attack-{next(_NUMBERS)}"
    meaning = line.meaning if carried and who not in {"", FORGED} else None
    # One fault at a time in what frames a request, or hardly any would be read to its end.
    fault = by.choice([*["none"] * 24, *FAULTS])
    host = by.choice(list(HOSTS)) if fault == "host" else "Host: {host}"
    form = by.choice(TARGETS) if fault == "form" else TARGETS[0]
    version = by.choice(VERSIONS) if fault == "version" else VERSIONS[0]
    broken = by.choice(BROKEN_LINES) if fault == "line" else ""
    framing, body, length, framed = framings(by, storage, odd=fault == "length")
    place = {"host": storage.host, "account": storage.azurite.account, "path": line.target}
    head = [f"{line.method} {form.format_map(place)} {version}"]
    head += [host.format_map(place | {"HOST": storage.host.upper()})]
    head += [*identified(storage, who, number), *texts, *filter(None, [broken, framing]), "", ""]
    ends = broken != "" or not framed or not HOSTS[host] or form not in TARGETS[:3]
    ends = ends or version not in {"HTTP/1.1", "HTTP/1.0"} or "#" in line.target
    octets = "\r\n".join(head).encode("utf-8", "surrogateescape") + body
    if meaning and carried and not ends:
        meaning = replace(meaning, source=carried.source, length=length)
    return Ask(number, who, octets, None if ends else meaning, ends)


def identified(storage: Storage, who: str, number: str) -> list[str]:
    """The headers by which a request is known on both sides."""
    known = [f"x-ms-version: {VERSION}", f"x-ms-client-request-id: {number}"]
    if who == FORGED:
        return [*known, f"Authorization: Bearer {storage.token('owner')[:-8]}AAAAAAAA"]
    return [*known, f"Authorization: Bearer {storage.token(who)}"] if who else known


def framings(by: Random, storage: Storage, odd: bool) -> tuple[str, bytes, int, bool]:
    """Return a declared length, the body, the length that counts, and whether these agree."""
    inner = "\r\n".join(
        [
            "DELETE /thumbnails/kept HTTP/1.1",
            f"Host: {storage.host}",
            *identified(storage, "owner", "smuggled"),
            "\r\n",
        ]
    ).encode()
    body = by.choice([b"", b"", b"light", inner, b"0\r\n\r\n" + inner])
    size, chunked = f"Content-Length: {len(body)}", "Transfer-Encoding: chunked"
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
    if not odd:
        return by.choice([(size, body, len(body), True)] * 9 + [(chunked, chunks, len(body), True)])
    framed = [
        (f"{size}\r\nContent-Length: {len(body) + 1}", body),
        (f"Content-Length: 0\r\n{size}0", body),
        (f"{size}\r\n{chunked}", chunks + inner),
        (f"{chunked}\r\nContent-Length: 3", chunks + inner),
        (f"{chunked}\r\n{chunked}", chunks + inner),
        (chunked, chunks.replace(b"\r\n", b"\n", 1) + inner),
    ]
    lines, octets = by.choice(framed)
    return lines, octets, 0, False
