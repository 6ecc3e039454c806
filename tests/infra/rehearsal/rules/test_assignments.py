"""Role assignments that meet existing ones, and those that come too early."""

from typing import Any

import pytest

from infra.rehearsal.arm import plan_of
from infra.rehearsal.plan import Severity
from infra.rehearsal.rules import judge
from infra.rehearsal.world import World

VAULT = "Microsoft.KeyVault/vaults"
SECRET = f"{VAULT}/secrets"
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
DEFINITION = "Microsoft.Authorization/roleDefinitions"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
GROUP_OF_PEOPLE = "11111111-2222-4333-8444-555555555555"


def assignment(scope: str, *waits_for: str, name: str = "[guid('reads')]") -> dict[str, Any]:
    return {
        "type": ASSIGNMENT,
        "apiVersion": "2022-04-01",
        "name": name,
        "scope": scope,
        "properties": {
            "principalId": GROUP_OF_PEOPLE,
            "roleDefinitionId": f"[subscriptionResourceId('{DEFINITION}', '{READER}')]",
        },
        "dependsOn": list(waits_for),
    }


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    return {"languageVersion": "2.0", "resources": resources}


def definition(name: str, guid: str) -> dict[str, Any]:
    return {
        "type": DEFINITION,
        "apiVersion": "2022-04-01",
        "name": guid,
        "properties": {"roleName": name, "permissions": [{"actions": ["*/read"]}]},
    }


def kinds(found: Any) -> list[tuple[str, Severity]]:
    return [(each.rule, each.severity) for each in found]


vault = {"type": VAULT, "apiVersion": "2024-11-01", "name": "kv-dev"}
secret = {"type": SECRET, "apiVersion": "2024-11-01", "name": "kv-dev/key", "dependsOn": ["vault"]}
ON_VAULT = f"[resourceId('{VAULT}', 'kv-dev')]"
ON_SECRET = f"[resourceId('{SECRET}', 'kv-dev', 'key')]"


@pytest.mark.parametrize(
    ("waits_for", "found"),
    [
        (("vault", "secret"), []),
        (("secret",), []),
        (("vault",), [("assigned-on-entity-first", Severity.WARNED)]),
        (
            (),
            [
                ("assigned-on-first", Severity.REFUSED),
                ("assigned-on-entity-first", Severity.WARNED),
            ],
        ),
    ],
)
def test_a_role_on_a_secret_waits_for_the_secret_and_its_vault(
    waits_for: tuple[str, ...], found: list[tuple[str, Severity]]
) -> None:
    given = template(vault=vault, secret=secret, reads=assignment(ON_SECRET, *waits_for))
    assert kinds(judge(plan_of(given))) == found


def test_a_right_that_was_given_by_hand_keeps_the_template_from_giving_it() -> None:
    by_hand = plan_of(
        template(vault=vault, reads=assignment(ON_VAULT, "vault", name="[guid('by hand')]"))
    )
    plan = plan_of(template(vault=vault, reads=assignment(ON_VAULT, "vault")))
    found = judge(plan, World(by_hand))
    assert ("right-once", Severity.REFUSED) in kinds(found)
    assert judge(plan, World(plan)) == []


def test_one_name_gives_one_right() -> None:
    given = template(
        vault=vault,
        reads=assignment(ON_VAULT, "vault"),
        again=assignment(ON_VAULT, "vault"),
    )
    assert judge(plan_of(given)) == []
    given["resources"]["again"]["properties"]["principalId"] = GROUP_OF_PEOPLE.replace("1", "9")
    assert kinds(judge(plan_of(given))) == [("right-fixed", Severity.REFUSED)]


def test_a_role_name_of_another_deployment_is_taken_and_its_own_is_not() -> None:
    own, other = "0c0ffee0-0000-4000-8000-000000000001", "0c0ffee0-0000-4000-8000-000000000002"
    plan = plan_of(template(keeper=definition("Blob Keeper (workshop)", own)))
    name = "blob keeper (workshop)"
    at_the_tenant = f"/providers/{DEFINITION}/{other}"
    assert kinds(judge(plan, World(roles={name: at_the_tenant}))) == [
        ("role-name-free", Severity.REFUSED)
    ]
    assert judge(plan, World(roles={name: plan.step("keeper").id})) == []
