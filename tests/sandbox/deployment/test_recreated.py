"""A recreated identity: its new ids, and the ids that the roles name."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.deployment import PRINCIPALS, Deployment, deploy, load, recreate
from sandbox.deployment.principals import principal_ids
from sandbox.rbac import Allowed, Policy, Requirement
from sandbox.state import State

READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"


@pytest.fixture
def before(state: State) -> Deployment:
    return load(state)


@pytest.fixture
def again(state: State, before: Deployment) -> Callable[[], Deployment]:
    """Recreate gateway, and load the result."""

    def make() -> Deployment:
        recreate(state, before.principal("gateway").resource_id.upper())
        return load(State.open(state.root))

    return make


def may_read(deployment: Deployment, principal_id: str) -> bool:
    scope = deployment.storage.container_id("thumbnails")
    return isinstance(
        Policy.of(deployment).decide(principal_id, Requirement.of(scope, READ)), Allowed
    )


def test_it_has_other_ids_everywhere_but_in_the_role_assignments(
    before: Deployment, again: Callable[[], Deployment]
) -> None:
    old, after = before.principal("gateway"), again()
    new = after.principal("gateway")
    assert {old.principal_id, old.client_id} & {new.principal_id, new.client_id} == set()
    assert new.resource_id == old.resource_id
    assert after.app("gateway").environment["AZURE_CLIENT_ID"] == new.client_id
    assert new in [each.identity for each in after.app("gateway").attachments]
    assert after.assignments == before.assignments


def test_only_the_deleted_one_may_what_it_might_until_the_roles_are_deployed(
    state: State, before: Deployment, again: Callable[[], Deployment]
) -> None:
    old, after = before.principal("gateway").principal_id, again()
    new = after.principal("gateway").principal_id
    assert (may_read(after, old), may_read(after, new)) == (True, False)
    assert [each.principal_id for each in deploy(state).values()] == [new]
    deployed = load(state)
    assert (may_read(deployed, old), may_read(deployed, new)) == (True, True)
    assert deploy(state) == {}


def test_a_deployment_can_be_loaded_as_after_the_roles_are_deployed_before_they_are(
    state: State, again: Callable[[], Deployment]
) -> None:
    again()
    kept = state.path(PRINCIPALS).read_bytes()
    planned = load(state, roles_deployed=True)
    assert state.path(PRINCIPALS).read_bytes() == kept
    assert planned != load(state)
    deploy(state)
    assert planned == load(state)


def test_a_deployment_adds_assignments_and_takes_none_away(
    state: State, before: Deployment, again: Callable[[], Deployment]
) -> None:
    new = again().principal("gateway").principal_id
    deploy(state)
    after = {each.id: each for each in load(state).assignments}
    assert {each.id for each in before.assignments} <= after.keys()
    added = after.keys() - {each.id for each in before.assignments}
    assert {after[each].principal_id for each in added} == {new}
    old = before.principal("gateway").principal_id
    assert len(added) == sum(each.principal_id == old for each in before.assignments)


def test_one_that_was_deleted_before_it_had_a_role_never_gets_one(
    state: State, again: Callable[[], Deployment]
) -> None:
    between = again().principal("gateway").principal_id
    again()
    deploy(state)
    deployment = load(state)
    assert not may_read(deployment, between)
    assert may_read(deployment, deployment.principal("gateway").principal_id)


def test_nobody_else_is_touched(
    state: State, before: Deployment, again: Callable[[], Deployment]
) -> None:
    after = again()
    others = [each for each in before.principals if each.name != "gateway"]
    assert [each for each in after.principals if each.name != "gateway"] == others


def test_who_was_deleted_is_still_known_by_name(
    before: Deployment, again: Callable[[], Deployment]
) -> None:
    second, third = again(), again()
    for deleted in (before, second):
        assert third.names[deleted.principal("gateway").principal_id] == "gateway (deleted)"
    assert third.names[third.principal("gateway").principal_id] == "gateway"
    assert "notifier (deleted)" not in third.names.values()


def test_who_is_no_identity_is_not_made_anew(state: State, before: Deployment) -> None:
    with pytest.raises(KeyError):
        recreate(state, "/subscriptions/s/nobody")
    assert load(state) == before


def test_a_file_from_before_there_were_generations_is_read(state: State) -> None:
    old: dict[str, Any] = {"principal_id": "p", "client_id": "c", "generation": 1}
    state.write_json("principals.json", {"/a": old})
    assert principal_ids(state, ["/a"])["/a"].has_roles
    assert deploy(state) == {}
    recreate(state, "/a")
    assert principal_ids(state, ["/a"])["/a"].former == ("p",)
