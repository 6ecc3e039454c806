"""The relay to the identity endpoint changes nothing, and records the tokens."""

import os

import pytest
import requests
from azure.identity import ManagedIdentityCredential

from cli.token_relay import relayed
from sandbox.storage import free_port
from tests.conftest import Running

RESOURCE = "https://storage.azure.com"


def test_a_token_comes_through_and_its_id_is_known(
    sandbox: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.act_as("gateway", monkeypatch)
    client_id = os.environ["AZURE_CLIENT_ID"]
    with relayed(os.environ["IDENTITY_ENDPOINT"]) as relay:
        monkeypatch.setenv("IDENTITY_ENDPOINT", relay.address)
        credential = ManagedIdentityCredential(client_id=client_id)
        assert credential.get_token(f"{RESOURCE}/.default").token
        (token,) = relay.tokens
    assert token in {each.token_id for each in sandbox.audit() if each.identity == "gateway"}


@pytest.mark.parametrize(
    ("query", "header"),
    [
        ({"api-version": "2019-08-01", "resource": RESOURCE}, {}),
        ({"api-version": "2019-08-01", "resource": RESOURCE}, None),
        ({"api-version": "2000-01-01", "resource": RESOURCE}, None),
        ({"api-version": "2019-08-01", "resource": RESOURCE, "client_id": "a b"}, None),
    ],
)
def test_a_refusal_is_the_endpoints_own(
    sandbox: Running, query: dict[str, str], header: dict[str, str] | None
) -> None:
    variables = sandbox.environment("gateway")
    headers = {"X-IDENTITY-HEADER": variables["IDENTITY_HEADER"]} if header is None else header
    with relayed(variables["IDENTITY_ENDPOINT"]) as relay, requests.Session() as session:
        session.trust_env = False
        answers = [
            session.get(address, params=query, headers=headers, timeout=30)
            for address in (variables["IDENTITY_ENDPOINT"], relay.address)
        ]
        assert relay.tokens == set()
    direct, through = ((each.status_code, each.reason, shape(each)) for each in answers)
    assert direct == through
    assert direct[0] in {400, 403}


def shape(answer: requests.Response) -> tuple[list[str], object]:
    """Return an answer without its ids, dates and framing, which differ by connection."""
    own = {"correlationId"}
    of_a_connection = {"Date", "Content-Length", "Transfer-Encoding"}
    body = {k: v for k, v in answer.json().items() if k not in own} if answer.content else None
    return sorted(each for each in answer.headers if each not in of_a_connection), body


def test_where_nobody_listens_the_connection_ends() -> None:
    with (
        relayed(f"http://127.0.0.1:{free_port()}/msi/token") as relay,
        requests.Session() as session,
    ):
        session.trust_env = False
        with pytest.raises(requests.ConnectionError):
            session.get(relay.address, timeout=30)
