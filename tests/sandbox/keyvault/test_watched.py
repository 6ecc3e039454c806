"""The store itself, watched: no statement without an ALLOW, and none about another secret."""

import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox.audit import FILE, Outcome
from sandbox.keyvault.database import Database
from tests.sandbox.keyvault.harness import API, NEIGHBOUR, OFFICER, SECRET, RunningVault

NEXT, GONE, BACK = f"{SECRET}-2", "gone", "back"
NAMES = (SECRET, NEXT, GONE, BACK)
COLLECTIONS = ["secrets", "SECRETS", "deletedsecrets", "DeletedSecrets", "%73ecrets", "keys", ".."]
BEHIND = ["", "", "/", "//", "/versions", "/Versions", "/recover", "/%72ecover", "/backup", "/."]
BEHIND += ["/VERSION", "/VERSION/", "/OTHER", f"/../{NEXT}", f"/..%2F{NEXT}", f"%2F{NEXT}", "%00"]
BEHIND += [";x", "%3F", "%23", "%252D", "%C3%A9", f"/{NEXT}"]


def odd(name: str, seed: int) -> str:
    """The same name in other cases, and with some of its characters encoded once or twice."""
    chance = random.Random(seed)  # noqa: S311 - so that hypothesis can repeat it
    ways: list[Callable[[str], str]] = [
        str,
        str.upper,
        lambda c: f"%{ord(c):02X}",
        lambda c: f"%{ord(c):02x}",
    ]
    ways += [lambda c: f"%25{ord(c):02X}"] if seed % 5 == 0 else []
    return "".join(chance.choice(ways)(each) for each in name)


@dataclass(frozen=True)
class Ask:
    """A request; the versions it speaks of are put in when there are some."""

    method: str
    start: str
    collection: str
    name: str
    behind: str
    who: str

    def target(self, versions: Mapping[str, str]) -> str:
        """The path, with a version of its secret, or of another."""
        own = versions.get(unquote(self.name).lower(), "0" * 32)
        behind = self.behind.replace("VERSION", own).replace("OTHER", versions[NEXT])
        return f"{self.start}{self.collection}/{self.name}{behind}"


ASKS = st.builds(
    Ask,
    st.sampled_from(["GET", "GET", "PUT", "POST", "PATCH", "DELETE"]),
    st.sampled_from(["/", "/", "/", "//", "/./", "/secrets/../", "/%2e/"]),
    st.sampled_from(COLLECTIONS),
    st.one_of(st.sampled_from(NAMES), st.builds(odd, st.sampled_from(NAMES), st.integers(0, 99))),
    st.sampled_from(BEHIND),
    st.sampled_from(["notifier", "operator", "neighbour", "officer", "gateway", ""]),
)


@dataclass
class Watched:
    """A vault whose statements are seen, with a version of each secret that it can go back to."""

    vault: RunningVault
    statements: list[tuple[str, tuple[object, ...]]]
    versions: dict[str, str]

    def reset(self) -> None:
        """Every secret as it was, and nothing on record."""
        with closing(sqlite3.connect(self.vault.folder / "vault.db")) as connection, connection:
            connection.execute("ATTACH ? AS kept", (str(self.vault.folder / "kept.db"),))
            for table in ("version", "secret"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608
            for table in ("secret", "version"):
                connection.execute(f"INSERT INTO {table} SELECT * FROM kept.{table}")  # noqa: S608
        (self.vault.folder / FILE).write_bytes(b"")
        self.statements.clear()

    def names_touched(self) -> set[str]:
        """The secrets that any statement spoke of."""
        values = {each for _, given in self.statements for each in given if isinstance(each, str)}
        return {name for name in NAMES if name in {each.lower() for each in values}}


@pytest.fixture(scope="module")
def watched(standing: RunningVault) -> Iterator[Watched]:
    standing.spoil("DELETE FROM secret")
    client = standing.client(OFFICER)
    versions = {
        name: str(client.set_secret(name, f"value of {name}").properties.version) for name in NAMES
    }
    client.begin_delete_secret(GONE)
    client.begin_delete_secret(BACK)
    client.begin_recover_deleted_secret(BACK)
    standing.spoil(f"VACUUM INTO '{standing.folder / 'kept.db'}'")
    statements: list[tuple[str, tuple[object, ...]]] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("rows", "change"):
            patch.setattr(Database, name, seen(getattr(Database, name), statements))
        yield Watched(standing, statements, versions)


def seen(genuine: Any, statements: list[tuple[str, tuple[object, ...]]]) -> Any:
    def spy(database: Database, statement: str, *values: object) -> Any:
        statements.append((statement, values))
        return genuine(database, statement, *values)

    return spy


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(ask=ASKS)
@example(ask=Ask("GET", "/", "secrets", SECRET.upper(), "", "notifier"))
@example(ask=Ask("GET", "/", "secrets", SECRET.replace("-", "%2D"), "/VERSION", "notifier"))
@example(ask=Ask("GET", "/", "secrets", NEXT, "", "notifier"))
@example(ask=Ask("GET", "/", "secrets", SECRET, "/OTHER", "notifier"))
@example(ask=Ask("POST", "/", "deletedsecrets", GONE.upper(), "/recover", "officer"))
@example(ask=Ask("GET", "/", "secrets", BACK, "/", "officer"))
def test_no_statement_is_made_but_for_the_secret_that_the_audit_allows(
    watched: Watched, ask: Ask
) -> None:
    watched.reset()
    vault = watched.vault
    token = vault.token(vault.principal(ask.who)) if ask.who else None
    target = ask.target(watched.versions)
    reply = vault.send(ask.method, f"{target}?{API}", token, {"value": "another value"})
    allowed = vault.audit(Outcome.ALLOWED)
    told = {name for name in NAMES if f'"value of {name}"'.encode() in reply.content}
    if not allowed:
        assert watched.statements == []
        assert reply.status >= 400
        assert told == set()
        return
    [record] = allowed
    named = {record.scope.rpartition("/secrets/")[2].lower()} & set(NAMES)
    assert record.identity == ask.who
    if "/secrets/" in record.scope:
        assert watched.names_touched() <= named
    assert told <= (named if record.operation == "SecretGet" else set())


def test_the_same_request_is_served_with_the_role_and_reaches_no_store_without(
    watched: Watched,
) -> None:
    vault = watched.vault
    for who, status in ((OFFICER, 200), (NEIGHBOUR, 403), (vault.principal("operator"), 403)):
        watched.reset()
        reply = vault.send("GET", f"/secrets/{SECRET}?{API}", vault.token(who))
        assert (reply.status, bool(watched.statements)) == (status, status == 200)
