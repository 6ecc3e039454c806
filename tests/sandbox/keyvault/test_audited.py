"""Nothing reaches the store without an ALLOW on record for exactly that operation and secret."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.audit import Outcome
from sandbox.keyvault.name import Named
from sandbox.keyvault.response import Json
from sandbox.keyvault.serve import serve
from sandbox.keyvault.store import SecretStore
from tests.sandbox.keyvault.harness import API, OFFICER, SECRET, RunningVault

NAMES = [
    SECRET,
    SECRET.upper(),
    SECRET.replace("-", "%2D"),
    f"{SECRET}-2",
    "restore",
    "..",
    "a%2Fb",
]
PATHS = st.builds(
    "/".join,
    st.tuples(
        st.sampled_from(["/secrets", "/deletedsecrets", "/SECRETS", "/secrets/..", "//secrets"]),
        st.sampled_from(NAMES),
        st.sampled_from(["", "versions", "backup", "recover", "0" * 32, "..", f"../{SECRET}"]),
    ),
)
WHO = st.sampled_from(["notifier", "operator", "developer", "gateway", "officer", ""])
METHODS = st.sampled_from(["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"])


@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(method=METHODS, path=PATHS, who=WHO)
def test_the_store_serves_the_allowed_operation_and_nothing_else(
    running: RunningVault, served: list[Named], method: str, path: str, who: str
) -> None:
    served.clear()
    before = len(running.audit())
    token = running.token(running.principal(who)) if who else None
    reply = running.send(method, f"{path}?{API}", token, {"value": "1"})
    records = running.audit()[before:]
    assert len(records) == 1, "each request leaves one record"
    if records[0].outcome is not Outcome.ALLOWED:
        assert served == []
        assert reply.status in {400, 401, 403, 404, 405}
        return
    [named] = served
    assert (records[0].operation, records[0].scope) == (named.operation.name, named.scope)
    assert records[0].identity == who
    scope = running.vault.secret_id(named.secret) if named.secret else running.vault.id
    assert named.scope == scope


def test_the_record_is_there_before_the_store_is_touched(
    running: RunningVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def spy(*_: object) -> Json:
        seen.append(len(running.audit(Outcome.ALLOWED)))
        return {"value": []}

    monkeypatch.setattr("sandbox.keyvault.plane.serve", spy)
    running.send("GET", f"/secrets?{API}", running.token(OFFICER))
    assert seen == [1]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Named]:
    """The operations that the store has served."""
    asked: list[Named] = []

    def spy(store: SecretStore, named: Named, content: bytes) -> Json | None:
        asked.append(named)
        return serve(store, named, content)

    monkeypatch.setattr("sandbox.keyvault.plane.serve", spy)
    return asked
