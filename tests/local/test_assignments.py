"""A deployed environment's role assignments, against the policy."""

from typing import Any

import pytest
import requests

from local.arm import UnseenError
from local.assignments import Granted, compare, found, meant, principals
from local.rights import Environment
from sandbox.deployment import Deployment, load
from sandbox.state import State
from tests.local.arm import resource_manager

THERE = Environment("sub-1", "rg-keyless-dev", "stdevabc12345", "kv-dev-abc12345", "sb-dev-1")
GROUP = "/subscriptions/sub-1/resourceGroups/rg-keyless-dev"
READER = "/subscriptions/sub-1/providers/Microsoft.Authorization/roleDefinitions/2a2b"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return load(State.open(tmp_path_factory.mktemp("state")))


def test_the_policy_reads_in_the_environments_names(deployment: Deployment) -> None:
    wanted = list(meant(deployment, THERE, ["gateway", "platform"]))
    assert {each.who for each in wanted} == {"gateway", "platform"}
    text = " ".join(each.scope + each.role for each in wanted)
    assert "sandbox" not in text
    assert f"{GROUP}/providers/Microsoft.Insights/components/appi-keyless-dev" in text
    assert "Microsoft.ContainerRegistry/registries/crdevabc12345" in text


def test_what_is_missing_and_what_is_beside_the_policy_are_told_apart() -> None:
    right = Granted("gateway", "Reader", "/A")
    moved = Granted("gateway", "Reader", "/B", "its id")
    assert compare([right], [Granted("gateway", "Reader", "/a", "1")]).missing == ()
    assert compare([right], [moved]).missing == (right,)
    assert compare([right], [moved]).beside == (moved,)


def test_assignments_are_read_with_the_names_of_their_roles_and_holders(
    session: requests.Session,
) -> None:
    arm = resource_manager(
        session,
        {
            f"{GROUP}/providers/Microsoft.Authorization/roleAssignments": {
                "value": [
                    assigned("1", "P-GATEWAY", f"{GROUP}/providers/x"),
                    assigned("2", "stranger", GROUP),
                    assigned("above", "stranger", "/subscriptions/sub-1"),
                ]
            },
            READER: {"properties": {"roleName": "Reader"}},
        },
    )
    assert list(found(arm, THERE, {"p-gateway": "gateway"})) == [
        Granted("gateway", "Reader", f"{GROUP}/providers/x", "1"),
        Granted("stranger", "Reader", GROUP, "2"),
    ]


def test_principals_are_found_by_the_resources_that_they_belong_to(
    session: requests.Session,
) -> None:
    arm = resource_manager(
        session,
        {
            f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities": {
                "value": [{"name": "id-gateway-dev", "properties": {"principalId": "P1"}}]
            },
            f"{GROUP}/providers/Microsoft.App/containerApps": {
                "value": [
                    {"name": "notifier", "identity": {"principalId": "P2"}},
                    {"name": "gateway", "identity": {"type": "UserAssigned"}},
                ]
            },
        },
    )
    users = {"developer": "D1", "operator": ""}
    assert principals(arm, THERE, users) == {"p1": "gateway", "p2": "notifier", "d1": "developer"}


def test_who_may_not_read_assignments_hears_it(session: requests.Session) -> None:
    with pytest.raises(UnseenError, match="403"):
        list(found(resource_manager(session, {}), THERE, {}))


def test_a_list_goes_on_at_its_next_page(session: requests.Session) -> None:
    next_link = "https://management.azure.com/second?api-version=2022-04-01"
    arm = resource_manager(
        session,
        {"/first": {"value": [{"n": 1}], "nextLink": next_link}, "/second": {"value": [{"n": 2}]}},
    )
    assert list(arm.listed("/first", "2022-04-01")) == [{"n": 1}, {"n": 2}]


def assigned(name: str, principal: str, scope: str) -> dict[str, Any]:
    properties = {"principalId": principal, "roleDefinitionId": READER, "scope": scope}
    return {"id": name, "properties": properties}


def test_the_policy_is_there_and_nothing_else(deployment: Deployment) -> None:
    """The sandbox's own assignments, as ARM would list them, are the policy's."""
    here = Environment.of_snapshot(deployment)
    names = [each.name for each in deployment.principals]
    there = list(meant(deployment, here, names))
    assert compare(there, there) == compare([], [])
    assert len(there) == len(deployment.assignments)
