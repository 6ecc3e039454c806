"""The sandbox's other built-in roles are those of the list that Azure gave."""

import json

import pytest

from sandbox.deployment import RoleDefinition, built_in_roles, other_built_in_roles
from sandbox.rbac import Action, Policy, Requirement, holds
from tests.recorded.roles.facts import FACTS
from tests.recorded.roles.listed import LISTED, listed

ROLES = {each["id"]: each for each in json.loads(LISTED.read_text())["roles"]}
WRITE = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"


@pytest.mark.parametrize("role", other_built_in_roles(), ids=lambda role: role.name)
def test_a_role_grants_what_azure_listed(role: RoleDefinition) -> None:
    found = ROLES[role.id.rpartition("/")[2]]
    assert role.name == found["name"]
    for kind, actions in (
        ("actions", role.actions),
        ("notActions", role.not_actions),
        ("dataActions", role.data_actions),
        ("notDataActions", role.not_data_actions),
    ):
        assert list(actions) == found.get(kind, []), kind


def test_each_role_is_in_one_of_the_two_lists() -> None:
    documented = {each["id"] for each in json.loads(FACTS.read_text())["roles"]}
    assert documented.isdisjoint(ROLES)
    assert len(ROLES) == len(other_built_in_roles())
    assert len(json.loads(LISTED.read_text())["commit"]) == 40


def test_a_role_for_one_service_is_enforced_and_no_remedy_names_it() -> None:
    writers = [each.name for each in other_built_in_roles() if holds(each, Action(WRITE))]
    assert "Avere Operator" in writers
    denied = Policy([]).decide("somebody", Requirement.of("/subscriptions/s", WRITE))
    named = {each.name for each in built_in_roles()}
    assert set(getattr(denied, "roles_that_would", ())) == {
        "Storage Blob Data Contributor",
        "Storage Blob Data Owner",
    }
    assert named.isdisjoint(writers)


def test_roles_that_the_sandbox_could_not_evaluate_are_no_facts() -> None:
    permission = {"actions": [], "notActions": [], "dataActions": [WRITE], "notDataActions": []}
    several = {"name": "1", "roleName": "a", "permissions": [permission, permission]}
    guarded = {"name": "2", "roleName": "b", "permissions": [permission | {"condition": "x"}]}
    plain = {"name": "3", "roleName": "c", "permissions": [permission]}
    named = {"name": "4", "roleName": "d", "permissions": [permission]}
    found = list(listed([several, guarded, plain, named], frozenset({"4"})))
    assert found == [{"id": "3", "name": "c", "dataActions": [WRITE]}]
