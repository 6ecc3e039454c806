"""The table of tokens against the catalog's own verifier, behind its ingress: RFC 6750's answers.

The routes, the decorator and the edge are the real ones, and Entra's keys come from the sandbox's
sign-in host; the index is a stand-in that counts what reaches it.
"""

import json
import re
import threading
from collections.abc import Iterator

import pytest
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from sandbox.deployment import Registration
from sandbox.edge import Address
from sandbox.entra import SigningKey
from sandbox.testing.token_factory import TokenFactory
from services.catalog.app import create_app
from services.catalog.entries import Entry
from services.catalog.settings import Settings
from services.common.bearer import LEEWAY
from tests.attacks.answers import CATALOG
from tests.attacks.clients import Reply, ask
from tests.attacks.stack import Stack
from tests.attacks.tokens import CASES, Case
from tests.services.test_settings import WHOLE

_CHALLENGE = re.compile(
    r'Bearer error="(\w+)", error_description="([\x20-\x21\x23-\x5b\x5d-\x7e]+)"'
)


class CountedIndex:
    """An index without photos."""

    handle = None

    def __init__(self, touched: list[str]) -> None:
        self._touched = touched

    def page(self, marker: str | None, limit: int) -> tuple[list[Entry], str | None]:
        self._touched.append("catalog page")
        return [], None


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with (
        Stack(tmp_path_factory.mktemp("stack")).running() as stack,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{stack.port}")
        patch.setenv("REQUESTS_CA_BUNDLE", str(stack.authority))
        patch.delenv("NO_PROXY", raising=False)
        patch.delenv("no_proxy", raising=False)
        patch.delenv("https_proxy", raising=False)
        index = CountedIndex(stack.touched)
        environment = WHOLE | {
            "AZURE_TENANT_ID": stack.deployment.tenant_id,
            "CATALOG_AUDIENCE": registration(stack).app_id,
            "TRUSTED_HOSTS": catalog_host(stack),
        }
        patch.setenv("AZURE_TOKEN_CREDENTIALS", environment["AZURE_TOKEN_CREDENTIALS"])
        app = create_app(Settings(environment), index)  # type: ignore[arg-type]
        server = make_server("127.0.0.1", 0, app, threaded=True)
        stack.apps["catalog"] = Address(server.port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield stack
        server.shutdown()
        thread.join()
        server.server_close()


def registration(stack: Stack) -> Registration:
    assert stack.deployment.registration is not None
    return stack.deployment.registration


@pytest.fixture(scope="module")
def mint(stack: Stack) -> TokenFactory:
    deployment, api = stack.deployment, registration(stack)
    return TokenFactory(
        stack.planes.key,
        SigningKey.of(RSAKey.generate_key(2048)),
        deployment.tenant_id,
        deployment.principal("gateway"),
        api.app_id,
        f"https://{deployment.storage.host}",
        f"https://{deployment.vault.host}",
        api,
        LEEWAY,
    )


def catalog_host(stack: Stack) -> str:
    ingress = stack.deployment.app("catalog").ingress
    assert ingress is not None
    return ingress.host


def show(stack: Stack, *tokens: str) -> Reply:
    stack.touched.clear()
    return ask(stack, catalog_host(stack), "GET", "/photos", *tokens)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_catalog_answers_by_rfc_6750(
    stack: Stack, mint: TokenFactory, case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    token, expected = case.make(mint), case.answers[CATALOG]
    reply = show(stack, token)
    assert reply.status == expected.status
    assert stack.touched == (["catalog page"] if expected.status == 200 else [])
    given = reply.headers.get("WWW-Authenticate")
    assert (given is not None) == expected.challenge
    if given is not None:
        challenge = _CHALLENGE.fullmatch(given)
        assert challenge is not None, given
        assert challenge[1] == expected.code
        assert challenge[2].startswith(expected.text)
        assert reply.headers["Content-Type"] == "application/problem+json"
        body = json.loads(reply.body)
        assert (body["status"], body["title"]) == (expected.status, challenge[2])
        assert expected.reason in caplog.text
    assert_untold(token, caplog.text, reply)


def assert_untold(token: str, log: str, reply: Reply) -> None:
    """Neither log nor answer repeats a token's claims or its signature."""
    assert "eyJ" not in log
    for secret in (each for each in token.split(".")[1:] if len(each) > 20):
        assert secret not in log
        assert secret not in reply.text + str(reply.headers)


def test_no_token_is_a_challenge_without_an_error(stack: Stack, mint: TokenFactory) -> None:
    reply = show(stack)
    assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert stack.touched == []
    assert show(stack, mint.good()).status == 200


def test_two_authorization_headers_are_not_one_too_many_to_choose_from(
    stack: Stack, mint: TokenFactory
) -> None:
    good, bad = mint.good(), mint.of_stranger()
    assert show(stack, good).status == 200
    for pair in ((good, good), (good, bad), (bad, good)):
        assert show(stack, *pair).status in {400, 401}
        assert stack.touched == []


def test_who_the_service_runs_beside_is_not_let_in_for_that(
    stack: Stack, mint: TokenFactory
) -> None:
    """Each principal of the deployment, with a token that Entra would give it for the catalog."""
    issuer, api = stack.planes.issuer, registration(stack)
    for principal in stack.deployment.principals:
        reply = show(stack, issuer.issue(principal, api.app_id).text)
        holds = principal.name in {"gateway", "developer"}
        assert reply.status == (200 if holds else 403), principal.name
