"""A timeline shows the order of steps, and when each principal gets its rights."""

from collections.abc import Sequence
from typing import Any

from infra.rehearsal.arm import plan_of
from infra.rehearsal.timeline import Wave, as_json, timeline

IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
QUEUE = "Microsoft.ServiceBus/namespaces/queues"
SENDER = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"


def assignment(principal: str, **more: Any) -> dict[str, Any]:
    role = f"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{SENDER}')]"
    return {
        "type": "Microsoft.Authorization/roleAssignments",
        "name": "[guid('a')]",
        "scope": f"[resourceId('{QUEUE}', 'bus', 'work')]",
        "properties": {"principalId": principal, "principalType": "User", "roleDefinitionId": role},
        **more,
    }


TEMPLATE: dict[str, Any] = {
    "languageVersion": "2.0",
    "parameters": {"p": {"type": "bool"}},
    "resources": {
        "id": {"type": IDENTITY, "name": "id-worker"},
        "bus": {"type": "Microsoft.ServiceBus/namespaces", "name": "bus"},
        "queue": {"type": QUEUE, "name": "bus/work", "dependsOn": ["bus"]},
        "there": {"existing": True, "type": "A.B/c", "name": "there"},
        "access": {
            "type": "Microsoft.Resources/deployments",
            "name": "access",
            "dependsOn": ["id", "queue", "bus"],
            "properties": {
                "expressionEvaluationOptions": {"scope": "inner"},
                "parameters": {"who": {"value": "[reference('id').principalId]"}},
                "template": {
                    "languageVersion": "2.0",
                    "parameters": {"who": {"type": "string"}},
                    "resources": {"right": assignment("[parameters('who')]")},
                },
            },
        },
        "person": assignment("0b5e7a70", condition="[parameters('p')]", dependsOn=["queue"]),
        "app": {
            "type": "Microsoft.App/containerApps",
            "name": "worker",
            "dependsOn": ["access", "id", "bus"],
        },
    },
}


def lines(waves: Sequence[Wave]) -> list[tuple[int, str, str]]:
    return [
        (wave.number, each.what, ", ".join(each.after)) for wave in waves for each in wave.entries
    ]


def test_each_resource_stands_in_the_first_wave_after_what_it_waits_for() -> None:
    found = lines(timeline(plan_of(TEMPLATE)))
    assert [(number, what) for number, what, _ in found if "roleAssignments" not in what] == [
        (1, "userAssignedIdentities id-worker"),
        (1, "namespaces bus"),
        (2, "queues work"),
        (4, "containerApps worker"),
    ]


def test_a_resource_tells_what_it_waits_for_without_what_that_waits_for() -> None:
    after = {what: after for _, what, after in lines(timeline(plan_of(TEMPLATE)))}
    assert after["namespaces bus"] == ""
    assert after["queues work"] == "namespaces bus"
    assert after["containerApps worker"] == "access"


def test_a_right_names_principal_role_scope_and_its_prerequisites() -> None:
    rights = [
        (each.right, each.after)
        for wave in timeline(plan_of(TEMPLATE))
        for each in wave.entries
        if each.right
    ]
    told = [(f"{right.who} / {right.role} / {right.on}", after) for right, after in rights]
    role = "Azure Service Bus Data Sender"
    assert told == [
        (
            f"id-worker / {role} / queues work",
            ["userAssignedIdentities id-worker", "queues work"],
        ),
        (f"User 0b5e7a70 / {role} / queues work", ["queues work"]),
    ]


def test_a_script_reads_the_same() -> None:
    waves = timeline(plan_of(TEMPLATE))
    found = [each for wave in as_json(waves) for each in wave]
    assert [(each["what"], ", ".join(each["after"])) for each in found] == [
        (what, after) for _, what, after in lines(waves)
    ]
    assert [each["key"] for each in found if each["maybe"]] == ["person"]
