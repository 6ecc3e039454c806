"""One table of tokens against every verifier: the answer, the record, and no backend reached."""

import json
from collections.abc import Iterator

import pytest

from sandbox.audit import Outcome
from sandbox.entra import BLOB, VAULT, verifier
from sandbox.testing.token_factory import TokenFactory
from tests.attacks.answers import ALGORITHM, PLANES, SIGNATURE, UNKNOWN_KEY
from tests.attacks.clients import ask
from tests.attacks.hostile_tokens import hostile_tokens
from tests.attacks.present_tokens import SECRET, SHOW, WHO, show_to_vault
from tests.attacks.stack import Stack
from tests.attacks.tokens import CASES, Case


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack")).running() as stack:
        operator = stack.planes.issuer.issue(stack.deployment.principal("operator"), VAULT).text
        body = json.dumps({"value": "a key", "attributes": {"enabled": True}}).encode()
        host = stack.deployment.vault.host
        assert ask(stack, host, "PUT", SECRET, operator, body=body).status == 200
        yield stack


@pytest.fixture(scope="module")
def mints(stack: Stack) -> dict[str, TokenFactory]:
    return {
        plane: TokenFactory.of(stack.deployment, stack.planes.key, name, audience)
        for plane, (name, audience) in WHO.items()
    }


@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_plane_answers_a_token_as_azure_does(
    stack: Stack, mints: dict[str, TokenFactory], case: Case, plane: str
) -> None:
    token, expected = case.make(mints[plane]), case.answers[plane]
    stack.touched.clear()
    records, written = len(stack.audit()), len(stack.raw_audit())
    found = SHOW[plane](stack, token)
    answer = found.answer
    assert (answer.status, answer.code, answer.challenge) == (
        expected.status,
        expected.code,
        expected.challenge,
    )
    assert answer.text.startswith(expected.text)
    first = stack.audit()[records]
    assert found.opened == (not expected.reason) == bool(stack.touched)
    assert (first.outcome is Outcome.REFUSED) == bool(expected.reason)
    assert expected.reason in first.reason
    assert_unrepeated(token, stack.raw_audit()[written:], found.words + answer.text)


def assert_unrepeated(token: str, audit: str, answer: str) -> None:
    """Neither record nor answer repeats a token's claims or its signature."""
    assert "eyJ" not in audit
    for secret in (each for each in token.split(".")[1:] if len(each) > 20):
        assert secret not in audit
        assert secret not in answer


@pytest.mark.parametrize("plane", ["blob", "vault", "telemetry"])
def test_two_authorization_headers_are_not_one_too_many_to_choose_from(
    stack: Stack, mints: dict[str, TokenFactory], plane: str
) -> None:
    good, bad = mints[plane].good(), mints[plane].of_stranger()
    assert SHOW[plane](stack, good).opened
    for pair in ((good, good), (good, bad), (bad, good)):
        stack.touched.clear()
        assert not SHOW[plane](stack, *pair).opened
        assert stack.touched == []
        assert stack.audit()[-1].outcome is Outcome.REFUSED


def test_nothing_but_the_header_is_read_before_the_signature_is_proven(
    stack: Stack, mints: dict[str, TokenFactory], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Besides the cases with an unreadable payload: a parsed payload is inspected."""
    parsed: list[bytes] = []
    genuine = verifier._json_object

    def spy(content: bytes) -> object:
        parsed.append(content)
        return genuine(content)

    monkeypatch.setattr(verifier, "_json_object", spy)
    unproven = [each for each in CASES if each.answers in (SIGNATURE, UNKNOWN_KEY, ALGORITHM)]
    for each in unproven:
        parsed.clear()
        show_to_vault(stack, each.make(mints["vault"]))
        assert not any(b'"oid"' in content for content in parsed), each.name
        assert len(parsed) <= 1, each.name
    parsed.clear()
    assert show_to_vault(stack, mints["vault"].good()).opened
    assert [b'"oid"' in content for content in parsed] == [False, True]


def test_the_table_has_every_reason_that_a_token_can_be_refused_for() -> None:
    reasons = {each.answers["vault"].reason.removeprefix("the token is ") for each in CASES}
    assert reasons >= {str(each) for each in verifier.Reason}


def test_another_test_gets_every_token_that_a_plane_refuses(stack: Stack) -> None:
    deployment, key = stack.deployment, stack.planes.key
    api = deployment.registration
    assert api is not None
    found = hostile_tokens(deployment, key, "gateway", api.app_id, "catalog")
    assert len(found) > 90
    assert {"alg none", "expired", "another tenant", "no app role"} <= found.keys()
    assert "good" not in found
    assert "no app role" not in hostile_tokens(deployment, key, "gateway", BLOB, "blob")
    with pytest.raises(KeyError, match="no plane is called 'queue'; choose from blob"):
        hostile_tokens(deployment, key, "gateway", BLOB, "queue")
