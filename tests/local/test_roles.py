"""Azure's role definitions, by the policy's names for them."""

import copy

import pytest
import requests

from local.roles import Roles
from sandbox.deployment import Deployment, load
from sandbox.state import State
from tests.local.arm import resource_manager
from tests.local.deployed import DEFINITIONS, THERE, Answers, as_deployed

KEEPER = "Keyless Blob Keeper"


@pytest.fixture
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return load(State.open(tmp_path_factory.mktemp("state")))


def roles(session: requests.Session, deployment: Deployment, answers: Answers) -> Roles:
    return Roles.of_azure(resource_manager(session, answers), THERE, deployment)


def keeper_of(deployment: Deployment) -> str:
    return next(
        each.id.rpartition("/")[2] for each in deployment.custom_roles if KEEPER in each.name
    )


def test_each_role_of_the_policy_is_found(
    session: requests.Session, deployment: Deployment
) -> None:
    found = roles(session, deployment, as_deployed(deployment))
    assert found.guid(KEEPER) == keeper_of(deployment)
    assert found.guid("AcrPull") == "7f951dda-4ed3-4680-a7ca-43fe172d538d"
    assert found.name(f"/subscriptions/s/{keeper_of(deployment).upper()}") == KEEPER
    assert found.name("/subscriptions/s/unknown") == "unknown"
    assert found.guid("unknown") == ""


def test_a_role_that_is_shared_is_ours_by_what_it_holds(
    session: requests.Session, deployment: Deployment
) -> None:
    """As in a workshop, whose host has made the roles for all."""
    answers = as_deployed(deployment)
    for each in answers[DEFINITIONS]["value"]:
        name = each["properties"]["roleName"].replace("(dev-abc12345)", "(workshop)")
        each["properties"]["roleName"] = name
    found = roles(session, deployment, answers)
    assert found.guid(KEEPER) == keeper_of(deployment)


def test_of_two_alike_the_environments_own_is_granted(
    session: requests.Session, deployment: Deployment
) -> None:
    answers = as_deployed(deployment)
    for each in copy.deepcopy(answers[DEFINITIONS]["value"]):
        if KEEPER in each["properties"]["roleName"]:
            each["properties"]["roleName"] = f"{KEEPER} (prod-xyz67890)"
            answers[DEFINITIONS]["value"].append(each | {"name": "another"})
    found = roles(session, deployment, answers)
    assert found.guid(KEEPER) == keeper_of(deployment)
    assert found.name("/another") == KEEPER


def test_one_that_was_changed_is_ours_no_more(
    session: requests.Session, deployment: Deployment
) -> None:
    answers = as_deployed(deployment)
    for each in answers[DEFINITIONS]["value"]:
        if KEEPER in each["properties"]["roleName"]:
            each["properties"]["permissions"][0]["dataActions"].append("Microsoft.Storage/x/delete")
    found = roles(session, deployment, answers)
    assert found.guid(KEEPER) == ""
    assert found.name(keeper_of(deployment)) == f"{KEEPER} (dev-abc12345)"
