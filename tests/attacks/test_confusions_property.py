"""Azurite carries out only allowed operations, whatever octets a client sends.

Random requests go as they are through the proxy, TLS, the edge and the gateway to an Azurite that
writes down each operation that its handlers begin. `KEYLESS_ATTACKS=12000` opens as many
connections.
"""

import contextlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from sandbox.audit import Outcome, Record
from sandbox.rbac import Action, Allowed, Requirement
from sandbox.storage.forward import OWN_ID
from sandbox.storage.operations import OPERATIONS
from tests.attacks.confusions_batches import batches
from tests.attacks.confusions_pieces import OTHER_HOST, WAYS
from tests.attacks.confusions_requests import Ask, Meaning, asks
from tests.sandbox.storage.harness import BLOBS
from tests.sandbox.storage.microsofts_table import LINES, Line
from tests.sandbox.storage.requests_of_rows import azurites_of
from tests.sandbox.storage.watched import Executed, Watched, watched

CONNECTIONS = int(os.environ.get("KEYLESS_ATTACKS", "1200"))
LAST = b"GET /?last HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n"
WITH_A_LENGTH = {
    "AppendBlob_AppendBlock",
    "BlockBlob_StageBlock",
    "BlockBlob_Upload",
    "PageBlob_UploadPages",
}
# The gateway's own requests: they read, and nothing of a blob's content.
OWN_QUESTIONS = {
    "Blob_GetProperties",
    "Container_GetPropertiesWithHead",
    "Service_GetProperties",
}
# There is nothing to undelete: Azurite only looks for the blob.
CARRIED_OUT_AS = {"Blob_Undelete": "Blob_GetProperties"}
MAKE_A_BLOB = {
    "AppendBlob_Create",
    "BlockBlob_Upload",
    "Blob_CopyFromURL",
    "Blob_StartCopyFromURL",
    "PageBlob_Create",
}


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched(tmp_path_factory.mktemp("watched"), (OTHER_HOST,)) as row:
        row.executed()  # the containers of the beginning
        yield row


@pytest.mark.timeout(3600)
@pytest.mark.hypothesis  # .ci/slow draws new connections
def test_azurite_carries_out_what_was_allowed_as_it_was_meant_and_nothing_else(
    row: Watched,
) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=CONNECTIONS,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=True))
    def attack(by: Random) -> None:
        way, connection = by.choice(WAYS), asked(by, row)
        note(str((way, connection)))
        place = {"host": row.storage.host, "account": row.storage.azurite.account}
        host, sni = (each.format_map(place) for each in way)
        answer = exchange(row, host, sni, b"".join(each.octets for each in connection))
        assert b"got itself in trouble" not in answer
        known = {each.id: each for each in legal(connection)} if way == WAYS[0] else {}
        seen.update(checked(row, known))
        seen["connections"] += 1
        seen["requests"] += sum(1 + len(each.parts) for each in connection)

    attack()
    print(dict(seen))  # for `pytest -s`
    assert seen["executed"] > seen["connections"] / 5, "too few requests get through"
    assert seen["as a part"] > seen["connections"] / 100, "no batch gets through"
    assert len([each for each in seen if "_" in each]) > 40, "too few kinds of operations"


def asked(by: Random, row: Watched) -> list[Ask]:
    """Return the octets of one connection."""
    kinds = by.choices([asks, batches], weights=[3, 1], k=by.randint(1, 4))
    return [each(by, row.storage) for each in kinds]


def exchange(row: Watched, host: str, sni: str, octets: bytes) -> bytes:
    """All that comes back, until the other side has enough of it."""
    heard = b""
    with contextlib.suppress(OSError), row.tunnel(host, sni) as tunnel:
        tunnel.settimeout(1)
        tunnel.sendall(octets + LAST % row.storage.host.encode())
        while some := tunnel.recv(65536):
            heard += some
        return heard
    # The other end may still be at work for who has left.
    time.sleep(0.05)
    return heard


def legal(connection: list[Ask]) -> Iterator[Ask]:
    """The requests that may be read as such: none behind one that ends its connection."""
    for each in connection:
        yield each
        yield from each.parts
        if each.ends:
            return


def checked(row: Watched, known: dict[str, Ask]) -> Iterator[str]:
    """Yield the operations carried out, by name. Raises AssertionError for anything not allowed."""
    executed, records = row.executed(), row.records()
    allowed = [each for each in records if each.outcome is Outcome.ALLOWED]
    for record in allowed:
        assert names_something_asked_for(row, record, known), record
    for each in executed:
        if each.id == OWN_ID:
            assert each.operation in OWN_QUESTIONS, each
            continue
        ask = known.get(each.id)
        assert ask is not None, each
        assert ask.meaning is not None, (each, ask)
        line = as_meant(each, ask.meaning)
        allowed = behind_its_decision(row, each, ask, line, allowed)
        yield from ("executed", each.operation, f"as a {each.id.partition('-')[0]}")
    yield from (each.outcome.value for each in records)


def names_something_asked_for(row: Watched, record: Record, known: dict[str, Ask]) -> bool:
    meanings = [each.meaning for each in known.values() if each.who == record.identity]
    return any(record.scope in scopes(row, each) for each in meanings if each)


def scopes(row: Watched, meaning: Meaning) -> list[str]:
    account = row.storage.deployment.storage
    own = account.id if meaning.path == "/" else account.container_id(meaning.container)
    return [own, account.container_id(meaning.source[0])] if meaning.source else [own]


def as_meant(each: Executed, meaning: Meaning) -> Line:
    """The line of Microsoft's table by which this request is this operation."""
    (line,) = (
        line
        for line in LINES
        if (line.method, line.path, line.kind) == (meaning.method, meaning.path, meaning.kind)
        and CARRIED_OUT_AS.get(line.azurite, line.azurite) == each.operation
    )
    assert (each.container, each.blob) == (meaning.container, meaning.blob)
    assert each.snapshot == meaning.snapshot
    if each.source:
        source = each.source
        assert (source.container, source.blob, source.snapshot) == meaning.source
        assert source.account == each.account
    if each.operation in WITH_A_LENGTH:
        assert each.length == meaning.length
    return line


def behind_its_decision(
    row: Watched, each: Executed, ask: Ask, line: Line, allowed: list[Record]
) -> list[Record]:
    """Return the remaining decisions, without those that allowed this request."""
    assert ask.meaning
    own, *source = scopes(row, ask.meaning)
    names = {known.name for known in OPERATIONS if line.azurite in azurites_of(known)}
    while allowed and not (
        allowed[0].identity == ask.who
        and allowed[0].scope == own
        and allowed[0].action in line.actions
        and allowed[0].operation in names
    ):
        allowed = allowed[1:]
    assert allowed, f"nothing on the audit allows {each}"
    decided, *rest = allowed
    principal = row.storage.principals[ask.who].principal_id
    need = tuple(Action(name, data="/blobs/" in name) for name in sorted(line.actions))
    assert isinstance(row.policy.decide(principal, Requirement(own, need)), Allowed)
    if decided.action.endswith("/add/action") and each.operation in MAKE_A_BLOB:
        assert each.only_new
    for scope, action in second_needs(each, own, source):
        assert (scope, action) in [(record.scope, record.action) for record in rest[:4]], each
    return rest


def second_needs(each: Executed, own: str, source: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the scope and the action that each further effect in Azurite requires."""
    if each.writes_tags:
        yield own, f"{BLOBS}/tags/write"
    if each.reads_tags:
        yield own, f"{BLOBS}/tags/read"
    if each.source:
        yield source[0], f"{BLOBS}/read"
