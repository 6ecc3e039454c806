"""Role definitions on management.azure.com."""

from typing import Any

import pytest

from sandbox.deployment import Principal, built_in_roles, other_built_in_roles
from tests.sandbox.arm.front import Front

ROLES = "providers/Microsoft.Authorization/roleDefinitions"
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"


@pytest.fixture
def deployer(front: Front) -> Principal:
    return front.deployment.deployer


def listed(front: Front, filtered: str = "") -> list[dict[str, Any]]:
    query = f"&$filter={filtered}" if filtered else ""
    path = f"{front.deployment.storage.id}/{ROLES}"
    status, found = front.ask("GET", path, front.deployment.deployer, query=query)
    assert status == 200
    return list(found["value"])


def names(found: list[dict[str, Any]]) -> list[str]:
    return [each["properties"]["roleName"] for each in found]


def test_every_role_is_listed_with_its_permissions(front: Front) -> None:
    azures = (*built_in_roles(), *other_built_in_roles())
    roles = (*azures, *front.deployment.custom_roles)
    assert names(listed(front)) == [each.name for each in roles]
    for shown, role in zip(listed(front), roles, strict=True):
        (permission,) = shown["properties"]["permissions"]
        assert permission["dataActions"] == list(role.data_actions)
        assert permission["actions"] == list(role.actions)
        assert "description" not in shown["properties"], "Azure's text is not known here"
        assert shown["id"].startswith(f"/subscriptions/{front.deployment.subscription_id}/")


def test_a_list_can_be_of_one_name_or_of_one_type(front: Front) -> None:
    custom = [each.name for each in front.deployment.custom_roles]
    assert names(listed(front, "type eq 'CustomRole'")) == custom
    assert names(listed(front, "atScopeAndBelow() and type eq 'CustomRole'")) == custom
    for name in ("Storage Blob Data Reader", *custom):
        assert names(listed(front, f"roleName eq '{name}'")) == [name]
    assert listed(front, "roleName eq 'Rock and Roll'") == []


def test_an_unknown_filter_is_refused(front: Front, deployer: Principal) -> None:
    path = f"{front.deployment.storage.id}/{ROLES}"
    status, found = front.ask("GET", path, deployer, query="&$filter=x eq 'y'")
    assert (status, found["error"]["code"]) == (400, "UnsupportedQuery")


def test_one_role_can_be_read(front: Front, deployer: Principal) -> None:
    subscription = f"/subscriptions/{front.deployment.subscription_id}"
    status, found = front.ask("GET", f"{subscription}/{ROLES}/{READER.upper()}", deployer)
    assert (status, found["properties"]["roleName"]) == (200, "Storage Blob Data Reader")
    assert found["properties"]["type"] == "BuiltInRole"
    status, found = front.ask("GET", f"{subscription}/{ROLES}/{READER[:-1]}0", deployer)
    assert (status, found["error"]["code"]) == (404, "RoleDefinitionDoesNotExist")


def test_a_caller_without_a_role_reads_none(front: Front) -> None:
    path = f"{front.deployment.storage.id}/{ROLES}"
    status, found = front.ask("GET", path, front.deployment.principal("developer"))
    assert (status, found["error"]["code"]) == (403, "AuthorizationFailed")
