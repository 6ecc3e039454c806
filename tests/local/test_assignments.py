"""A deployed environment's role assignments, against the policy."""

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from local.arm import UnseenError
from local.assignments import Granted, compare, found, meant, principals
from local.rights import Environment
from local.roles import Roles
from sandbox.deployment import Deployment, load
from sandbox.state import State
from tests.local.arm import resource_manager
from tests.local.deployed import APPS, ASSIGNMENTS, GROUP, IDENTITIES, THERE, assigned

READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
ROLES = Roles({READER: "Reader"}, {})


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return load(State.open(tmp_path_factory.mktemp("state")))


def test_the_policy_reads_in_the_environments_names(deployment: Deployment) -> None:
    wanted = list(meant(deployment, THERE, {"gateway": "p1", "platform": "p2"}, ROLES))
    assert {(each.who, each.principal) for each in wanted} == {
        ("gateway", "p1"),
        ("platform", "p2"),
    }
    text = " ".join(each.scope + each.role for each in wanted)
    assert "sandbox" not in text
    assert f"{GROUP}/providers/Microsoft.Insights/components/appi-keyless-dev" in text
    assert "Microsoft.ContainerRegistry/registries/crdevabc12345" in text


def test_missing_assignments_and_those_beside_the_policy_are_distinguished() -> None:
    right = Granted("gateway", "p1", "Reader", "/A")
    moved = Granted("gateway", "p1", "Reader", "/B")
    assert compare([right], [Granted("gateway", "p1", "Reader", "/a")]).missing == ()
    assert compare([right], [moved]).missing == (right,)
    assert compare([right], [moved]).beside == (moved,)


def test_one_person_may_be_the_developer_and_the_operator() -> None:
    as_developer = Granted("developer", "me", "Reader", "/A")
    there = [
        Granted("developer and operator", "me", "Reader", "/A"),
        Granted("developer and operator", "me", "Owner", "/A"),
    ]
    difference = compare([as_developer, Granted("operator", "me", "Reader", "/B")], there)
    assert [each.scope for each in difference.missing] == ["/B"]
    assert [each.role for each in difference.beside] == ["Owner"]
    assert difference.of("operator") == difference
    assert difference.of("gateway") == compare([], [])


def listed(session: requests.Session, ids: Mapping[str, str], *entries: object) -> list[Granted]:
    arm = resource_manager(session, {ASSIGNMENTS: {"value": list(entries)}})
    return list(found(arm, THERE, ids, ROLES))


def test_assignments_are_read_with_the_names_of_their_roles_and_holders(
    session: requests.Session,
) -> None:
    scope = f"{GROUP}/providers/x"
    got = listed(
        session,
        {"gateway": "p-gateway"},
        assigned("P-GATEWAY", READER, scope, "1", "ServicePrincipal"),
        assigned("stranger", "unknown", GROUP, "2"),
    )
    assert [(each.who, each.role, each.scope) for each in got] == [
        ("gateway", "Reader", scope),
        ("User stranger", "unknown", GROUP),
    ]
    assert got[1].why == "As it was deployed."
    assert got[1].mend == (f"az role assignment delete --ids {GROUP}/providers/x/roleAssignments/2")


@pytest.mark.parametrize("scope", ["/subscriptions/sub-1", f"{GROUP}2"])
def test_what_is_above_or_beside_the_group_is_none_of_its_own(
    session: requests.Session, scope: str
) -> None:
    assert listed(session, {}, assigned("somebody", READER, scope, "1")) == []
    assert listed(session, {}, assigned("somebody", READER, GROUP.upper(), "1"))


def test_unreadable_assignments_are_an_error(session: requests.Session) -> None:
    with pytest.raises(UnseenError, match="403"):
        list(found(resource_manager(session, {}), THERE, {}, ROLES))


def test_a_list_goes_on_at_its_next_page(session: requests.Session) -> None:
    next_link = "https://management.azure.com/second?api-version=2022-04-01"
    arm = resource_manager(
        session,
        {"/first": {"value": [{"n": 1}], "nextLink": next_link}, "/second": {"value": [{"n": 2}]}},
    )
    assert list(arm.listed("/first", "2022-04-01")) == [{"n": 1}, {"n": 2}]


def test_the_policy_is_there_and_nothing_else(deployment: Deployment) -> None:
    """The sandbox's own assignments, as ARM would list them, are the policy's."""
    here = Environment.of_snapshot(deployment)
    ids = {each.name: each.principal_id for each in deployment.principals}
    there = list(meant(deployment, here, ids, ROLES))
    assert compare(there, there) == compare([], [])
    assert len(there) == len(deployment.assignments)


def named_ids(
    session: requests.Session, identities: dict[str, str], apps: list[Any], **users: str
) -> dict[str, str]:
    named = [{"name": k, "properties": {"principalId": v}} for k, v in identities.items()]
    arm = resource_manager(session, {IDENTITIES: {"value": named}, APPS: {"value": apps}})
    return principals(arm, THERE, users)


def test_they_are_found_by_the_resources_that_they_belong_to(session: requests.Session) -> None:
    notifier = {"name": "notifier", "identity": {"principalId": "P2"}}
    gateway = {"name": "gateway", "identity": {"type": "UserAssigned"}}
    found = named_ids(
        session, {"id-gateway-dev": "P1"}, [notifier, gateway], developer="D1", operator=""
    )
    assert found == {"gateway": "p1", "notifier": "p2", "developer": "d1"}


def test_an_identity_that_is_called_alike_is_another(session: requests.Session) -> None:
    assert named_ids(session, {"my-gateway-dev": "P1", "id-gateway-other": "P2"}, []) == {}


def test_an_app_that_has_two_identities_acts_as_its_own(session: requests.Session) -> None:
    also = {"name": "gateway", "identity": {"principalId": "P2"}}
    assert named_ids(session, {"id-gateway-dev": "P1"}, [also]) == {"gateway": "p1"}
