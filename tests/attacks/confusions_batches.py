"""Random batches: requests in the body of a request, each of which is one of its own."""

import itertools
from random import Random

from sandbox.storage.operations import OPERATIONS, Operation
from tests.attacks.confusions_pieces import FORGED, HEADERS, PEOPLE
from tests.attacks.confusions_requests import Ask, Meaning, few, identified, lines
from tests.sandbox.storage.harness import Storage

_IN_BATCHES = {"DeleteBlob", "SetBlobTier"}
_NUMBERS = itertools.count()
_ROWS = [each for each in OPERATIONS if each.name in _IN_BATCHES]
_PEOPLE = [*PEOPLE, *["owner"] * 8]
_CLOSED = [*["\r\n--b--\r\n"] * 20, "\r\n--b--", "\r\n--b", "\n--b--\r\n", "\r\n--bb--\r\n"]


def batches(by: Random, storage: Storage) -> Ask:
    """A batch on the account or on a container; Azurite must see its parts and never itself."""
    container = by.choice(["", "thumbnails", "scratch"])
    who, number = by.choice(_PEOPLE), f"batch-{next(_NUMBERS)}"
    kind, path = {("comp", "batch")}, "/"
    if container:
        kind, path = kind | {("restype", "container")}, f"/{container}"
    # A batch of several kinds is none, so that most are of one.
    rows = by.choice([*[[each] for each in _ROWS] * 3, _ROWS])
    parts = [_part(by, storage, by.choice(rows), container) for _ in range(by.randint(1, 3))]
    broken = by.choice([*[""] * 40, "\r\nx", "\n", "--b\r\n"])
    body = "".join(f"\r\n--b\r\n{each.octets.decode()}{broken}" for each in parts)[2:]
    body += by.choice(_CLOSED)
    head = [
        f"POST {path}?{'&'.join(f'{key}={value}' for key, value in sorted(kind))} HTTP/1.1",
        f"Host: {storage.host}",
        *identified(storage, who, number),
        "Content-Type: multipart/mixed; boundary=b",
        f"Content-Length: {len(body.encode())}",
        "\r\n",
    ]
    meaning = None
    if who not in {"", FORGED}:
        meaning = Meaning("POST", "/c" if container else "/", frozenset(kind), container)
    octets = ("\r\n".join(head) + body).encode()
    return Ask(number, who, octets, meaning, parts=tuple(parts))


def _part(by: Random, storage: Storage, row: Operation, container: str) -> Ask:
    line = lines(by, row)
    while container not in {"", line.meaning and line.meaning.container} and by.random() < 0.9:
        line = lines(by, row)
    who, number = by.choice(_PEOPLE), f"part-{next(_NUMBERS)}"
    more = few(by, HEADERS)
    names = [name.lower() for name, _ in more]
    tier = [] if "x-ms-access-tier" in names else ["x-ms-access-tier: Cool"]
    head = [
        "Content-Type: application/http",
        f"Content-ID: {number}",
        "",
        f"{line.method} {line.target} HTTP/1.1",
        *identified(storage, who, number),
        *(f"{name}: {value}" for name, value in more),
        *tier,
        "",
        "",
    ]
    meaning = line.meaning if who not in {"", FORGED} and len(set(names)) == len(names) else None
    if meaning and container and meaning.container != container:
        meaning = None
    return Ask(number, who, "\r\n".join(head).encode(), meaning)
