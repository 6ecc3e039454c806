"""graph.microsoft.com refuses each request: 403 with a token, 401 without."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from sandbox.arm import Graph
from sandbox.audit import FILE, Audit, Gate, Record, read
from sandbox.deployment import Deployment, load
from sandbox.entra import GRAPH, GRAPH_AUDIENCES, VAULT, Issuer, SigningKey, Verifier
from sandbox.rbac import Policy
from sandbox.state import State
from tests.sandbox.entra.desk import asked

KEY = SigningKey.of(RSAKey.generate_key(2048))


class Directory:
    """Graph, and tokens of the developer to show it."""

    def __init__(self, deployment: Deployment, folder: Path, gate: Gate) -> None:
        verifier = Verifier([KEY], deployment.tenant_id, GRAPH_AUDIENCES, deployment.names)
        self.application = Graph(verifier, gate).application
        self.developer = deployment.principal("developer")
        self.issuer = Issuer(KEY, deployment.tenant_id)
        self.folder = folder

    def ask(self, authorization: str, method: str = "GET") -> tuple[int, Any]:
        headers = {"Authorization": authorization} if authorization else {}
        status, body, _ = asked(self.application(), method, "/v1.0/me", headers=headers)
        return status, body

    def token(self, audience: str = GRAPH) -> str:
        return self.issuer.issue(self.developer, audience).text

    def audited(self) -> list[Record]:
        return list(read(self.folder / FILE))


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[Directory]:
    deployment = load(State.open(tmp_path))
    audit = Audit(tmp_path / FILE)
    yield Directory(deployment, tmp_path, Gate(Policy.of(deployment), audit))
    audit.close()


@pytest.mark.parametrize("audience", [GRAPH, f"{GRAPH}/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_request_with_a_token_lacks_the_right(
    graph: Directory, method: str, audience: str
) -> None:
    status, body = graph.ask(f"Bearer {graph.token(audience)}", method)
    assert (status, body["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert body["error"]["message"] == "Insufficient privileges to complete the operation."
    (record,) = graph.audited()
    assert (record.outcome, record.identity) == ("refused", "developer")
    assert record.reason == f"{method} /v1.0/me: the sandbox has no directory"


def test_a_request_without_a_valid_token_is_not_authenticated(graph: Directory) -> None:
    for authorization in ("", "Bearer x", "Basic x", f"Bearer {graph.token(VAULT)}"):
        status, body = graph.ask(authorization)
        assert (status, body["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert {each.identity for each in graph.audited()} == {""}
