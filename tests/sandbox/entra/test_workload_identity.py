"""azure-identity's own credential for a program outside Azure, against the whole sandbox."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import WorkloadIdentityCredential

from sandbox.deployment import FederatedCredential, load
from sandbox.state import State
from tests.attacks.stack import Stack
from tests.sandbox.entra.outside import AUDIENCE, DISCOVERY, SUBJECT, Outside, serving

STORAGE = "https://storage.azure.com/.default"
WHO = "thumbnailer"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Outside]]:
    """A sandbox whose thumbnailer trusts one issuer, which runs on this machine."""
    folder = tmp_path_factory.mktemp("federation")
    with serving(folder) as (outside, authority), pytest.MonkeyPatch.context() as patch:
        found = load(State.open(folder / "state"))
        identity = found.principal(WHO).resource_id
        trust = FederatedCredential("outside", identity, outside.address, SUBJECT, (AUDIENCE,))
        stack = Stack(folder / "state", replace(found, federated=(trust,)))
        with stack.running():
            patch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{stack.port}")
            patch.setenv("NO_PROXY", "127.0.0.1,localhost")
            patch.setenv("REQUESTS_CA_BUNDLE", str(stack.authority))
            patch.setenv("SSL_CERT_FILE", str(authority))  # read by the sandbox
            yield stack, outside


def credential(
    stack: Stack, token: str, folder: Path, who: str = WHO
) -> WorkloadIdentityCredential:
    path = folder / "token"
    path.write_text(token)
    deployment = stack.deployment
    return WorkloadIdentityCredential(
        tenant_id=deployment.tenant_id,
        client_id=deployment.principal(who).client_id,
        token_file_path=str(path),
    )


def test_a_program_outside_azure_has_the_identitys_roles_and_no_more(
    world: tuple[Stack, Outside], tmp_path: Path
) -> None:
    stack, outside = world
    token = credential(stack, outside.token(), tmp_path).get_token(STORAGE).token
    host = f"https://{stack.deployment.storage.host}"
    headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2023-11-03"}
    assert requests.get(f"{host}/originals/a", headers=headers, timeout=20).text == "seen"
    denied = requests.delete(f"{host}/originals/a", headers=headers, timeout=20)
    assert denied.status_code == 403
    assert "AuthorizationPermissionMismatch" in denied.text
    assert outside.asked[:2] == [DISCOVERY, "/keys"]
    issued = next(each for each in stack.audit() if each.service == "login")
    assert issued.identity == WHO


@pytest.mark.parametrize(
    ("claims", "who", "code"),
    [
        ({"sub": "repo:octo/another"}, WHO, "AADSTS700213"),
        ({"aud": "api://another"}, WHO, "AADSTS700212"),
        ({"iss": "https://another.example"}, WHO, "AADSTS700211"),
        ({"exp": 1}, WHO, "AADSTS700024"),
        ({}, "catalog", "AADSTS700211"),
    ],
)
def test_a_refusal_reaches_the_program_with_entras_code(
    world: tuple[Stack, Outside], tmp_path: Path, claims: dict[str, Any], who: str, code: str
) -> None:
    stack, outside = world
    before = len(outside.asked)
    with pytest.raises(ClientAuthenticationError, match=code):
        credential(stack, outside.token(**claims), tmp_path, who).get_token(STORAGE)
    if code in {"AADSTS700211", "AADSTS700212", "AADSTS700213"}:
        assert len(outside.asked) == before, "an issuer is asked for nothing before it is trusted"
    assert any(code in each.reason for each in stack.audit() if each.service == "login")


def test_no_token_and_no_assertion_is_in_the_audit(
    world: tuple[Stack, Outside], tmp_path: Path
) -> None:
    stack, outside = world
    presented = outside.token()
    issued = credential(stack, presented, tmp_path).get_token(STORAGE).token
    for each in (presented, issued):
        assert each not in stack.raw_audit()
        assert each.split(".")[2] not in stack.raw_audit()


def test_a_trust_that_leaves_the_deployment_ends_at_once(
    world: tuple[Stack, Outside], tmp_path: Path
) -> None:
    stack, outside = world
    after = credential(stack, outside.token(), tmp_path)
    # The stand-in for Azurite takes no new containers.
    same = replace(stack.deployment, accounts=())
    for deployment, allowed in ((replace(same, federated=()), False), (same, True)):
        stack.run(stack.planes.deploy(stack.state, deployment, hurry=False))
        if allowed:
            assert after.get_token(STORAGE).token
        else:
            with pytest.raises(ClientAuthenticationError, match="AADSTS700211"):
                after.get_token(STORAGE)
