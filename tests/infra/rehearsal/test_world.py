"""The state of Azure before a deployment: an earlier deployment, and changes since."""

from typing import Any

import pytest

from infra.rehearsal.arm import plan_of
from infra.rehearsal.plan import Plan
from infra.rehearsal.rules.deployer import holdings
from infra.rehearsal.world import World, is_at_or_below

GROUP = "/subscriptions/5ab5c21b-0000-4000-8000-000000000000/resourceGroups/rehearsal"
ROLE = "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{}')]"
OF_WORKER = "reference(resourceId('{}', 'id-worker'), '2024-11-30').principalId"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"


def assignment(name: str, role: str, **properties: str) -> dict[str, Any]:
    principal = f"[{OF_WORKER.format(IDENTITY)}]"
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": "2022-04-01",
        "name": name,
        "properties": {
            "principalId": principal,
            "roleDefinitionId": ROLE.format(role),
            **properties,
        },
        "dependsOn": ["worker"],
    }


def nested(assignment: dict[str, Any]) -> dict[str, Any]:
    """A deployment with the object id as a parameter, so that a name can depend on it."""
    assignment["properties"]["principalId"] = "[parameters('id')]"
    del assignment["dependsOn"]
    template = {
        "languageVersion": "2.0",
        "parameters": {"id": {"type": "string"}},
        "resources": {"derived": assignment},
    }
    return {
        "type": "Microsoft.Resources/deployments",
        "name": "inner",
        "properties": {
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"id": {"value": f"[{OF_WORKER.format(IDENTITY)}]"}},
            "template": template,
        },
        "dependsOn": ["worker"],
    }


@pytest.fixture(scope="module")
def plan() -> Plan:
    reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    return plan_of(
        {
            "languageVersion": "2.0",
            "resources": {
                "vault": {"type": "Microsoft.KeyVault/vaults", "name": "kv-dev"},
                "account": {"type": "Microsoft.Storage/storageAccounts", "name": "stdev"},
                "worker": {"type": IDENTITY, "name": "id-worker"},
                "named": assignment("[guid('reads')]", reader),
                "inner": nested(assignment("[guid(parameters('id'))]", reader)),
            },
        }
    )


def test_an_empty_subscription_has_nothing(plan: Plan) -> None:
    assert not any(World().has(step) for step in plan.steps)
    assert list(World().deleted()) == []


def test_the_deployment_before_is_there(plan: Plan) -> None:
    world = World(plan)
    assert all(world.has(step) for step in plan.steps)
    assert world.earlier(plan.step("vault")) is plan.step("vault")


def test_what_was_removed_is_gone_with_all_below_it(plan: Plan) -> None:
    world = World(plan, removed=frozenset({GROUP.upper()}))
    assert not any(world.has(step) for step in plan.steps)


def test_only_what_azure_keeps_a_name_for_keeps_it_until_it_is_purged(plan: Plan) -> None:
    removed = frozenset({GROUP})
    assert [step.key for step in World(plan, removed=removed).deleted()] == ["vault"]
    assert list(World(plan, removed=removed, purged=True).deleted()) == []


def test_a_new_identity_has_none_of_the_rights_of_the_old_one(plan: Plan) -> None:
    identity = plan.step("worker").id
    world = World(plan, recreated=frozenset({identity}))
    assert not world.has(plan.step("worker"))
    named, derived = plan.step("named"), plan.step("inner/derived")
    assert world.has(named)
    assert not world.grants(named)
    # Its name comes from the object id, so the new one is another assignment.
    assert not world.has(derived)
    assert {step.key for step in world.assignments()} == {"named", "inner/derived"}


def test_a_scope_holds_itself_and_what_is_below_and_nothing_beside() -> None:
    assert is_at_or_below(GROUP, GROUP)
    assert is_at_or_below(f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv", GROUP.upper())
    assert not is_at_or_below(f"{GROUP}-2", GROUP)


def test_a_deployer_may_write_what_their_roles_say() -> None:
    contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c"
    administrator = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
    condition = (
        "(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
        "ForAnyOfAnyValues:GuidEquals {AAAA, bbbb}) AND (@Resource[Microsoft.Authorization/"
        "roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {bbbb, cccc})"
    )
    given = {
        "makes": assignment("[guid('makes')]", contributor),
        "gives": assignment("[guid('gives')]", administrator, condition=condition),
        "worker": {"type": IDENTITY, "name": "id-worker"},
    }
    held = holdings(plan_of({"languageVersion": "2.0", "resources": given}))
    assert [(each.writes, each.only_roles) for each in held] == [
        (frozenset({"resources"}), None),
        (frozenset({"role assignments"}), frozenset({"bbbb"})),
    ]
    assert {each.scope.lower() for each in held} == {GROUP.lower()}
