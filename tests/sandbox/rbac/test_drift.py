"""Role assignments by hand in the state folder."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.broken_files import BrokenFileError
from sandbox.deployment import RoleAssignment, load
from sandbox.rbac import DRIFT_FILE, Assignments
from sandbox.state import State
from tests.sandbox.rbac.test_assignments import BY_HAND

READER = "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State.open(tmp_path / "state")


def test_changes_by_hand_are_there_after_a_restart(state: State) -> None:
    deployment = load(state)
    assignments = Assignments.kept_in(state, deployment)
    grant = RoleAssignment("/a/b", "/a", "p", READER, "granted by hand by deployer", BY_HAND)
    assignments.put(grant)
    gone = deployment.assignments[0]
    assignments.delete(gone.id, "deployer")
    again = Assignments.kept_in(state, deployment)
    assert grant in again.listed
    assert gone not in again.listed
    assert again.drift == assignments.drift
    assert state.path(DRIFT_FILE).stat().st_mode & 0o777 == 0o600


def test_a_grant_of_a_role_that_has_left_the_deployment_is_named(state: State) -> None:
    deployment = load(state)
    custom = deployment.custom_roles[0].id
    grant = RoleAssignment("/a/b", "/a", "p", custom, "granted by hand by deployer", BY_HAND)
    Assignments.kept_in(state, deployment).put(grant)
    assert grant in Assignments.kept_in(state, deployment).listed
    used = [each for each in deployment.assignments if each.role_definition_id != custom]
    later = replace(deployment, custom_roles=deployment.custom_roles[1:], assignments=tuple(used))
    with pytest.raises(BrokenFileError, match="/a/b is of a role that the deployment no longer"):
        Assignments.kept_in(state, later)


@pytest.mark.parametrize(
    "content",
    [
        "[",
        "[]",
        "{}",
        '{"made": 3, "deleted": {}}',
        '{"made": [], "deleted": []}',
        '{"made": [{"id": "x"}], "deleted": {}}',
        '{"made": [null], "deleted": {}}',
    ],
)
def test_a_broken_file_is_named_with_its_loss(state: State, content: str) -> None:
    state.path(DRIFT_FILE).write_text(content)
    with pytest.raises(BrokenFileError, match="the roles assigned by hand are lost") as raised:
        Assignments.kept_in(state, load(state))
    assert str(state.path(DRIFT_FILE)) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_value_of_another_kind_is_a_broken_file(state: State) -> None:
    raw: dict[str, Any] = {**vars(RoleAssignment("/a/b", "/a", "p", READER, "")), "by_hand": None}
    for wrong in ({"by_hand": vars(BY_HAND), "id": 3}, {"by_hand": {**vars(BY_HAND), "maker": 3}}):
        content = json.dumps({"made": [raw | wrong], "deleted": {}})
        state.path(DRIFT_FILE).write_text(content)
        with pytest.raises(BrokenFileError, match="it holds no role assignments"):
            Assignments.kept_in(state, load(state))
