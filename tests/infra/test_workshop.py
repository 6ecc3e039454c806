"""A workshop deploys the same policy into one group, by a user with rights on that group only."""

import re
from pathlib import Path

from infra.remains import roles_of
from sandbox.state import PROJECT
from tests.infra.bicep import SUBSCRIPTION, committed, expand, needs_bicep, of_type, rights

DEPOSITOR = "d0000000-0000-4000-8000-000000000001"
KEEPER = "d0000000-0000-4000-8000-000000000002"
KEY_SETTER = "d0000000-0000-4000-8000-000000000003"
NAMED = ("--deployment-name", "roles")
OTHER_SUBSCRIPTION = "5ab5c21b-0000-4000-8000-000000000001"
CUSTOM = f"{{ depositor: '{DEPOSITOR}', keeper: '{KEEPER}', keySetter: '{KEY_SETTER}' }}"
MADE_BEFOREHAND = {"Depositor": DEPOSITOR, "Keeper": KEEPER, "Key Setter": KEY_SETTER}

WORKSHOP = f"""using './workshop.bicep'
param environmentName = 'ada'
param custom = {CUSTOM}
param operatorPrincipalId = '0be4a704-0000-4000-8000-000000000002'
param developerPrincipalId = 'de7e10be-0000-4000-8000-000000000001'
param gatewayAddresses = ['any']
param partnerWebhookUrl = 'https://partner.example.com/webhooks'
param catalogAudience = 'none'
"""

DEPLOYER = f"""using './deployer.bicep'
param principalId = 'a77e4dee-0000-4000-8000-000000000001'
param principalType = 'User'
param custom = {CUSTOM}
"""


def in_group(name: str) -> tuple[str, ...]:
    return ("--resource-group", name, "--deployment-name", "workshop")


def role_of_ours() -> dict[str, str]:
    """By the name of each custom role in the snapshot, the one that was made beforehand."""
    found = {}
    for each in of_type(committed(), "Microsoft.Authorization/roleDefinitions"):
        given = each["properties"]["roleName"]
        mine = next(role for word, role in MADE_BEFOREHAND.items() if word in given)
        found[each["name"]] = mine
    return found


@needs_bicep
def test_a_workshop_has_the_rights_of_the_whole_deployment(tmp_path: Path) -> None:
    ours = role_of_ours()
    whole = {(ours.get(each.role, each.role), each.on, each.why) for each in rights(committed())}
    workshop = expand(WORKSHOP, tmp_path, *in_group("rg-keyless-ada"))
    assert {(each.role, each.on, each.why) for each in rights(workshop)} == whole


@needs_bicep
def test_a_workshop_makes_neither_roles_nor_groups(tmp_path: Path) -> None:
    workshop = expand(WORKSHOP, tmp_path, *in_group("rg-keyless-ada"))
    whole = committed()
    for each in ("Microsoft.Authorization/roleDefinitions", "Microsoft.Resources/resourceGroups"):
        assert of_type(workshop, each) == []
        assert of_type(whole, each) != []


@needs_bicep
def test_two_attendees_of_one_name_share_no_name_that_all_of_azure_shares(tmp_path: Path) -> None:
    kinds = (
        "Microsoft.Storage/storageAccounts",
        "Microsoft.KeyVault/vaults",
        "Microsoft.ServiceBus/namespaces",
        "Microsoft.ContainerRegistry/registries",
    )
    names = []
    for group in ("rg-first", "rg-second"):
        (tmp_path / group).mkdir()
        found = expand(WORKSHOP, tmp_path / group, *in_group(group))
        names.append({each["name"] for kind in kinds for each in of_type(found, kind)})
    assert len(names[0]) == len(names[1]) == len(kinds)
    assert names[0].isdisjoint(names[1])


@needs_bicep
def test_the_deployer_may_grant_each_role_of_the_policy_and_no_other(tmp_path: Path) -> None:
    found = expand(DEPLOYER, tmp_path, "--resource-group", "rg-keyless-ada")
    conditions = [
        each["properties"].get("condition")
        for each in of_type(found, "Microsoft.Authorization/roleAssignments")
    ]
    (condition,) = filter(None, conditions)
    lists = re.findall(r"ForAnyOfAnyValues:GuidEquals \{([^}]*)\}", condition)
    ours = role_of_ours()
    policy = {ours.get(each.role, each.role) for each in rights(committed())}
    assert [set(each.split(", ")) for each in lists] == [policy, policy]


@needs_bicep
def test_the_deployer_gets_two_built_in_roles_and_only_one_of_them_grants_rights(
    tmp_path: Path,
) -> None:
    found = expand(DEPLOYER, tmp_path, "--resource-group", "rg-keyless-ada")
    given = {
        each["properties"]["roleDefinitionId"].rsplit("/", 1)[1]: "condition" in each["properties"]
        for each in of_type(found, "Microsoft.Authorization/roleAssignments")
    }
    contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c"
    access_administrator = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
    assert given == {contributor: False, access_administrator: True}


@needs_bicep
def test_two_hosts_in_two_subscriptions_make_roles_of_two_names(tmp_path: Path) -> None:
    """Names of roles are unique in a tenant, so one word of the page cannot be all of them."""
    names = []
    for each in (SUBSCRIPTION, OTHER_SUBSCRIPTION):
        (tmp_path / each).mkdir()
        found = expand("using './roles.bicep'\n", tmp_path / each, *NAMED, subscription=each)
        made = of_type(found, "Microsoft.Authorization/roleDefinitions")
        names.append({each["properties"]["roleName"] for each in made})
    assert len(names[0]) == len(names[1]) == len(MADE_BEFOREHAND)
    assert names[0].isdisjoint(names[1])
    # An environment called workshop does not take them for its own either, when it is taken down.
    assert not any(roles_of([{"roleName": each}], r"workshop-[a-z0-9]{8}") for each in names[0])


def test_both_entries_hand_out_the_same_values() -> None:
    # The sandbox and the local runs read them; a workshop is no second kind of deployment.
    said = [
        set(
            re.findall(r"^output (\w+)", (PROJECT / "infra/bicep" / name).read_text(), re.MULTILINE)
        )
        for name in ("main.bicep", "workshop.bicep")
    ]
    assert said[0] == said[1]
