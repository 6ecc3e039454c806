"""The remains of an earlier deployment, and those that a deployment leaves."""

from typing import Any

import pytest

from infra.rehearsal.arm import plan_of
from infra.rehearsal.plan import Plan
from infra.rehearsal.rules import judge
from infra.rehearsal.world import World

GROUP = frozenset({"/subscriptions/5ab5c21b-0000-4000-8000-000000000000/resourceGroups/rehearsal"})


def plan(kind: str, location: str = "westeurope", **properties: Any) -> Plan:
    resource = {
        "type": kind,
        "apiVersion": "2024-11-01",
        "name": "photos4711",
        "location": location,
        "properties": properties,
    }
    return plan_of({"languageVersion": "2.0", "resources": {"it": resource}})


def rules(now: Plan, world: World) -> list[str]:
    return [each.rule for each in judge(now, world)]


@pytest.mark.parametrize(
    "kind",
    [
        "Microsoft.KeyVault/vaults",
        "Microsoft.CognitiveServices/accounts",
        "Microsoft.ApiManagement/service",
        "Microsoft.AppConfiguration/configurationStores",
    ],
)
def test_a_deleted_resource_keeps_its_name(kind: str) -> None:
    before = plan(kind)
    assert rules(before, World(before, removed=GROUP)) == ["deleted-twin"]
    assert rules(before, World(before, removed=GROUP, purged=True)) == []
    assert rules(before, World(before)) == []


def test_a_deleted_storage_account_does_not() -> None:
    before = plan("Microsoft.Storage/storageAccounts")
    assert rules(before, World(before, removed=GROUP)) == []


@pytest.mark.parametrize(
    ("kind", "restoring"),
    [
        ("Microsoft.KeyVault/vaults", {"createMode": "recover"}),
        ("Microsoft.AppConfiguration/configurationStores", {"createMode": "Recover"}),
        ("Microsoft.CognitiveServices/accounts", {"restore": True}),
    ],
)
def test_a_template_may_take_the_deleted_one_back(kind: str, restoring: dict[str, Any]) -> None:
    deleted = World(plan(kind), removed=GROUP)
    assert rules(plan(kind, **restoring), deleted) == []


def test_a_location_is_the_same_however_it_is_written() -> None:
    before = plan("Microsoft.Storage/storageAccounts", "West Europe")
    assert rules(plan("Microsoft.Storage/storageAccounts", "westeurope"), World(before)) == []
    moved = plan("Microsoft.Storage/storageAccounts", "northeurope")
    assert rules(moved, World(before)) == ["stays-where-it-is"]
    assert rules(moved, World(before, removed=GROUP)) == []
