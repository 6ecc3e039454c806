"""Names that Azure takes, and their neighbours that it does not."""

import pytest

from infra.rehearsal.arm import plan_of
from infra.rehearsal.rules import judge
from infra.rehearsal.rules.naming import NAMES


def faults(kind: str, name: str) -> set[str]:
    resource = {"type": kind, "apiVersion": "2024-01-01", "name": name}
    plan = plan_of({"languageVersion": "2.0", "resources": {"it": resource}})
    return {each.rule for each in judge(plan)}


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("Microsoft.Storage/storageAccounts", "st0", "st"),
        ("Microsoft.Storage/storageAccounts", "stphotos", "stPhotos"),
        ("Microsoft.KeyVault/vaults", "kv-dev", "kv-dev-"),
        ("Microsoft.KeyVault/vaults", "kv-dev", "kv--dev"),
        ("Microsoft.KeyVault/vaults", "k" * 24, "k" * 25),
        ("Microsoft.KeyVault/vaults", "k7v", "7kv"),
        ("Microsoft.ContainerRegistry/registries", "CrDev", "cr-dev"),
        ("Microsoft.ServiceBus/namespaces", "sb-dev", "sbdev"),
        ("Microsoft.ServiceBus/namespaces", "sb--dev", "sb-dev-"),
        ("Microsoft.App/containerApps", "gateway", "Gateway"),
        ("Microsoft.App/containerApps", "a" * 32, "a" * 33),
        ("Microsoft.DocumentDB/databaseAccounts", "cosmos-dev", "cosmos_dev"),
        ("Microsoft.Resources/deployments", "a" * 64, "a" * 65),
        ("Microsoft.ManagedIdentity/userAssignedIdentities", "id-worker", "-worker"),
        (
            "Microsoft.Authorization/roleAssignments",
            "0b5e7a70-0000-4000-8000-000000000001",
            "reads-the-vault-and-nothing-besides!",
        ),
    ],
)
def test_a_name_is_right_or_wrong_by_one_thing(kind: str, right: str, wrong: str) -> None:
    rules = {"name-length", "name-letters"}
    assert not faults(kind, right) & rules
    assert faults(kind, wrong) & rules


def test_only_the_last_part_is_that_of_a_child() -> None:
    assert not faults("Microsoft.KeyVault/vaults/secrets", "kv-dev/signing-key") & {"name-letters"}
    assert "name-letters" in faults("Microsoft.KeyVault/vaults/secrets", "kv-dev/signing_key")


def test_the_table_says_each_type_once_with_sensible_bounds() -> None:
    assert all(0 < asks.shortest <= asks.longest for asks in NAMES.values())
    assert all(kind == kind.lower() for kind in NAMES)
