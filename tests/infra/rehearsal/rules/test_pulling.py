"""Which rights let an app pull, and from when."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from infra.rehearsal.arm import plan_of
from infra.rehearsal.plan import Severity
from infra.rehearsal.rules import RULES, judge
from infra.rehearsal.world import World

RULE = [rule for rule in RULES if rule.name == "pull-first"]
CASE = Path(__file__).parent / "cases" / "pull-first.json"
ROLES = "Microsoft.Authorization/roleDefinitions"
OWN_ROLE = "0c0ffee0-0000-4000-8000-000000000001"


@pytest.fixture
def template() -> dict[str, Any]:
    given: dict[str, Any] = json.loads(CASE.read_text())["template"]
    return copy.deepcopy(given)


def found(template: dict[str, Any], world: World | None = None) -> list[Severity]:
    return [each.severity for each in judge(plan_of(template), world or World(), RULE)]


def give(template: dict[str, Any], role: str) -> None:
    given = f"[subscriptionResourceId('{ROLES}', '{role}')]"
    template["resources"]["pull"]["properties"]["roleDefinitionId"] = given


@pytest.mark.parametrize(
    ("role", "severities"),
    [
        pytest.param("7f951dda-4ed3-4680-a7ca-43fe172d538d", [], id="AcrPull"),
        pytest.param("8311e382-0749-4cb8-b61a-304f252e45ec", [], id="AcrPush"),
        pytest.param("acdd72a7-3385-48ef-bd42-f606fba81ae7", [], id="Reader"),
        pytest.param("2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", [Severity.REFUSED], id="Blob Reader"),
        pytest.param(OWN_ROLE, [], id="one that nobody here knows"),
    ],
)
def test_a_role_includes_pulling_or_not(
    template: dict[str, Any], role: str, severities: list[Severity]
) -> None:
    give(template, role)
    assert found(template) == severities


@pytest.mark.parametrize(
    ("action", "severities"),
    [
        ("Microsoft.ContainerRegistry/registries/pull/read", []),
        ("Microsoft.ContainerRegistry/registries/*", []),
        ("Microsoft.ContainerRegistry/registries/push/write", [Severity.REFUSED]),
    ],
)
def test_a_role_of_the_same_template_is_read(
    template: dict[str, Any], action: str, severities: list[Severity]
) -> None:
    template["resources"]["role"] = {
        "type": ROLES,
        "apiVersion": "2022-04-01",
        "name": OWN_ROLE,
        "properties": {"roleName": "Puller", "permissions": [{"actions": [action]}]},
    }
    give(template, OWN_ROLE)
    assert found(template) == severities


def test_a_right_on_the_group_reaches_the_registry(template: dict[str, Any]) -> None:
    del template["resources"]["pull"]["scope"]
    assert found(template) == []


def test_a_right_on_another_registry_does_not(template: dict[str, Any]) -> None:
    template["resources"]["other"] = {**template["resources"]["registry"], "name": "crother"}
    template["resources"]["pull"]["scope"] = (
        "[resourceId('Microsoft.ContainerRegistry/registries', 'crother')]"
    )
    assert found(template) == [Severity.REFUSED]


def test_a_system_assigned_identity_has_no_right_before_its_app(template: dict[str, Any]) -> None:
    worker = template["resources"]["worker"]
    worker["identity"] = {"type": "SystemAssigned"}
    worker["properties"]["configuration"]["registries"][0]["identity"] = "system"
    assert found(template) == [Severity.REFUSED]


def test_a_registry_that_is_elsewhere_is_left_alone(template: dict[str, Any]) -> None:
    registries = template["resources"]["worker"]["properties"]["configuration"]["registries"]
    registries[0]["server"] = "elsewhere.azurecr.io"
    assert found(template) == []


def test_an_existing_identity_may_have_its_right_already(template: dict[str, Any]) -> None:
    identity = template["resources"]["identity"]
    template["resources"]["identity"] = {
        "existing": True,
        **{key: identity[key] for key in ("type", "apiVersion", "name")},
    }
    del template["resources"]["pull"]
    template["resources"]["worker"]["dependsOn"].remove("pull")
    assert found(template) == []


def test_a_right_that_may_be_absent_is_none_to_count_on(template: dict[str, Any]) -> None:
    pull = template["resources"]["pull"]
    pull["condition"] = "[equals(reference('registry').creationDate, 'long ago')]"
    assert found(template) == [Severity.WARNED]


def test_a_right_of_the_last_deployment_is_there_in_time(template: dict[str, Any]) -> None:
    before = plan_of(template)
    template["resources"]["worker"]["dependsOn"].remove("pull")
    assert found(template) == [Severity.REFUSED]
    assert found(template, World(before)) == []


def test_a_right_of_an_identity_that_was_deleted_is_not(template: dict[str, Any]) -> None:
    before = plan_of(template)
    identity = before.step("identity").id
    template["resources"]["worker"]["dependsOn"].remove("pull")
    assert found(template, World(before, recreated=frozenset({identity}))) == [Severity.REFUSED]


def test_a_right_of_which_not_all_is_known_may_be_the_right_one(template: dict[str, Any]) -> None:
    template["resources"]["secret"] = {
        "existing": True,
        "type": "Microsoft.KeyVault/vaults/secrets",
        "apiVersion": "2024-11-01",
        "name": "kv-elsewhere/principal",
    }
    principal = "[reference('secret').contentType]"
    template["resources"]["pull"]["properties"]["principalId"] = principal
    assert found(template) == [Severity.WARNED]
