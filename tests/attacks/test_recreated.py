"""A token from before its identity was deleted and recreated, and one from after, on each plane."""

from pathlib import Path

import pytest

from sandbox.audit import Outcome
from sandbox.deployment import deploy, recreate
from tests.attacks.answers import PLANES
from tests.attacks.present_tokens import SHOW, WHO
from tests.attacks.stack import Stack

# How each plane denies a good token: before it says whether there is anything.
DENIALS = {
    "blob": (403, "AuthorizationPermissionMismatch"),
    "vault": (403, ""),
    "bus": (202, ""),
    "telemetry": (403, ""),
}


def token_for(stack: Stack, plane: str) -> str:
    """Return the token that the plane's identity would present now."""
    name, audience = WHO[plane]
    return stack.planes.issuer.issue(stack.deployment.principal(name), audience).text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_the_old_token_is_allowed_until_it_ends_and_the_new_one_once_the_roles_are_deployed(
    folder: Path,
) -> None:
    with Stack(folder).running() as stack:
        old = {plane: token_for(stack, plane) for plane in PLANES}
        resource_ids = {stack.deployment.principal(name).resource_id for name, _ in WHO.values()}
        state = stack.state
        assert admitted(stack, old) == set(PLANES)
    for each in resource_ids:
        recreate(state, each)
    with Stack(folder).running() as stack:
        new = {plane: token_for(stack, plane) for plane in PLANES}
        assert admitted(stack, old) == set(PLANES)
        assert admitted(stack, new) == set()
        for plane in PLANES:
            answer = SHOW[plane](stack, new[plane]).answer
            assert (answer.status, answer.code) == DENIALS[plane]
        decided = {(each.identity, each.outcome) for each in stack.audit()}
        for name, _ in WHO.values():
            assert {(f"{name} (deleted)", Outcome.ALLOWED), (name, Outcome.DENIED)} <= decided
    deploy(state)
    with Stack(folder).running() as stack:
        assert admitted(stack, old) == set(PLANES)
        assert admitted(stack, new) == set(PLANES)


def admitted(stack: Stack, tokens: dict[str, str]) -> set[str]:
    """Return the planes whose backend a token reaches; a disabled secret counts as reached."""
    found = set()
    for plane, token in tokens.items():
        stack.touched.clear()
        SHOW[plane](stack, token)
        found |= {plane} if stack.touched else set()
    return found
