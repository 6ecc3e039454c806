"""The ids of an identity are the same at each start."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.deployment import load
from sandbox.deployment.principals import principal_ids
from sandbox.deployment.snapshot import IDENTITY
from sandbox.state import State
from tests.sandbox.deployment.conftest import Change

A, B = "/identities/A", "/identities/b"


def test_ids_are_made_once_and_kept(state: State) -> None:
    first = principal_ids(state, [A, B])
    again = principal_ids(State.open(state.root), [B.upper(), A.lower()])
    assert first == again
    ids = [each for made in first.values() for each in (made.principal_id, made.client_id)]
    assert len(set(ids)) == 4
    assert all(uuid.UUID(each) for each in ids)


def test_one_more_identity_leaves_the_others_theirs(state: State) -> None:
    first = principal_ids(state, [A])
    more = principal_ids(state, [A, B])
    assert more[A.lower()] == first[A.lower()]


def test_an_identity_that_is_gone_for_a_while_comes_back_as_itself(state: State) -> None:
    first = principal_ids(state, [A, B])
    principal_ids(state, [A])
    assert principal_ids(state, [A, B]) == first


def test_another_state_has_other_people(tmp_path: Path) -> None:
    one, two = State.open(tmp_path / "1"), State.open(tmp_path / "2")
    assert principal_ids(one, [A]) != principal_ids(two, [A])


def test_the_file_is_private(state: State) -> None:
    principal_ids(state, [A])
    assert state.path("principals.json").stat().st_mode & 0o777 == 0o600


def test_a_deployment_is_the_same_after_a_restart(state: State) -> None:
    assert load(state) == load(State.open(state.root))


def test_an_identity_that_no_app_has_is_an_environment_of_its_own(
    changed: Callable[[Change], Path], state: State
) -> None:
    deployment = load(state, changed(_with_a_cluster))
    cluster = deployment.principal("cluster")
    assert deployment.app("cluster").usable == (cluster,)
    assert deployment.app("cluster").environment == {"AZURE_CLIENT_ID": cluster.client_id}
    assert "platform" not in {each.name for each in deployment.apps}  # the apps have it, for pulls


def _with_a_cluster(snapshot: dict[str, Any]) -> None:
    one = next(each for each in snapshot["predictedResources"] if each["type"] == IDENTITY)
    name = "id-cluster-sandbox"
    place = one["id"].rpartition("/")[0]
    snapshot["predictedResources"].append({**one, "id": f"{place}/{name}", "name": name})


@pytest.mark.parametrize("broken", ["{", "[1]", "1", '{"a": 1}', '{"a": {"odd": 1}}'])
def test_a_broken_file_is_refused_and_left_alone(state: State, broken: str) -> None:
    state.path("principals.json").write_text(broken)
    with pytest.raises(ValueError, match=r"."):
        principal_ids(state, [A])
    assert state.path("principals.json").read_text() == broken
