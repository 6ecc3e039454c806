"""Faults of the identity endpoint: for one app or for all, and tokens of a wrong date."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from sandbox.deployment import Deployment
from sandbox.entra import VAULT_AUDIENCES, SigningKey, TokenRefused, Verifier
from sandbox.faults import Faults, fault, target_of
from sandbox.faults.tokens import identity_application, skewed
from sandbox.identity import IdentityEndpoint
from tests.sandbox.identity.harness import RunningEndpoint


class FaultyEndpoint(RunningEndpoint):
    """The identity endpoint with faults in front of it."""

    def clock(self) -> float:
        return skewed(time.time)()

    def application(self, endpoint: IdentityEndpoint) -> web.Application:
        self.faults = Faults()
        return identity_application(endpoint, self.faults, self.gate)


@pytest.fixture
def endpoint(
    deployment: Deployment, signing: SigningKey, tmp_path: Path
) -> Iterator[FaultyEndpoint]:
    running = FaultyEndpoint(deployment, signing, tmp_path)
    yield running
    running.stop()


@pytest.fixture
def verifier(deployment: Deployment, signing: SigningKey) -> Verifier:
    return Verifier([signing], deployment.tenant_id, VAULT_AUDIENCES, {})


def begin(endpoint: FaultyEndpoint, name: str, on: str = "") -> None:
    target = target_of(endpoint.deployment, on) if on else None
    endpoint.faults.begin(fault(name), target=target)


@pytest.mark.parametrize(("name", "status"), [("identity-429", 429), ("identity-500", 500)])
def test_one_app_is_refused_and_another_gets_its_token(
    endpoint: FaultyEndpoint, name: str, status: int
) -> None:
    begin(endpoint, name, on="notifier")
    reply = endpoint.ask("notifier")
    assert reply.status == status
    assert reply.json["statusCode"] == status
    assert reply.json["correlationId"] == reply.headers["X-CORRELATION-ID"]
    assert reply.headers["Server"] == "Kestrel"
    refused = endpoint.audit()[-1]
    assert (refused.identity, refused.operation) == ("notifier", "GetToken")
    assert refused.reason.startswith(f"a fault: {name}: {status}")
    other = endpoint.deployment.app("gateway").environment["AZURE_CLIENT_ID"]
    assert endpoint.ask("gateway", client_id=other).status == 200


def test_a_fault_for_everyone_meets_an_unknown_caller_too(endpoint: FaultyEndpoint) -> None:
    begin(endpoint, "identity-429")
    assert endpoint.ask_with({}).status == 429
    endpoint.faults.end()
    assert endpoint.ask_with({}).status == 403


@pytest.mark.parametrize(
    ("name", "why"), [("tokens-past", "expired"), ("tokens-future", "not valid yet")]
)
def test_a_token_of_a_wrong_date_is_refused_and_one_of_before_and_after_is_not(
    endpoint: FaultyEndpoint, verifier: Verifier, name: str, why: str
) -> None:
    before = endpoint.ask("notifier").json["access_token"]
    begin(endpoint, name, on="notifier")
    meanwhile = endpoint.ask("notifier").json["access_token"]
    endpoint.faults.end()
    after = endpoint.ask("notifier").json["access_token"]
    with pytest.raises(TokenRefused, match=why):
        verifier.verify(meanwhile)
    for good in (before, after):
        verifier.verify(good)


def test_a_token_from_the_future_is_valid_ten_seconds_later(endpoint: FaultyEndpoint) -> None:
    begin(endpoint, "tokens-future")
    before = time.time()
    claims = endpoint.ask("notifier").json["access_token"].split(".")[1]
    begins = json.loads(base64.urlsafe_b64decode(claims + "==="))["nbf"]
    assert before + 10 - 1 <= begins <= time.time() + 10 + 1
