"""The command that grants makes the very assignment that the deployment would make."""

import shlex

import pytest

from infra.azd.assignments import Assignment
from local.az_commands import (
    built_in_guid,
    create_assignment,
    custom_role_guid,
    name_option,
    with_bicep_casing,
)
from sandbox.deployment import Principal, PrincipalKind, RoleDefinition

SCOPE = "/subscriptions/sub-1/resourceGroups/rg-keyless-dev/providers/Microsoft.KeyVault/vaults/kv"
ROLE = "4633458b-17de-408a-b874-0445c86b69e6"


def test_what_it_makes_is_named_as_the_deployment_names_it() -> None:
    words = shlex.split(create_assignment(ROLE, SCOPE, "0a1b", "User"))
    assert words[:4] == ["az", "role", "assignment", "create"]
    given = dict(zip(words[4::2], words[5::2], strict=True))
    assert given["--role"] == (
        f"/subscriptions/sub-1/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"
    )
    made = Assignment(
        id=f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{given['--name']}",
        scope=given["--scope"],
        principal=given["--assignee-object-id"],
        role=ROLE,
        description="",
    )
    assert made.is_ours


def test_a_role_that_is_not_there_cannot_be_granted() -> None:
    assert create_assignment("", SCOPE, "0a1b", "User") == ""


def test_what_is_not_known_is_not_named() -> None:
    assert name_option(ROLE, SCOPE, "0a1b") != ""
    for role, scope, who in (
        ("", SCOPE, "0a1b"),
        (ROLE, "", "0a1b"),
        (ROLE, SCOPE, ""),
        (ROLE, "/subscriptions/<id>/providers", "0a1b"),
    ):
        assert name_option(role, scope, who) == ""


def test_azures_own_roles_are_known_by_their_guids() -> None:
    assert built_in_guid("Key Vault Secrets User") == ROLE
    assert built_in_guid("Keyless Blob Keeper (dev)") == ""


def test_a_role_that_roles_bicep_did_not_make_has_no_guid_elsewhere() -> None:
    strange = RoleDefinition(f"/x/{ROLE}", "Keyless Blob Keeper (dev-abcdefgh)")
    assert custom_role_guid(strange, "sub-1", "sub-2", "Keyless Blob Keeper (prod-abcdefgh)") == ""


def test_a_resource_id_in_small_letters_is_written_as_bicep_writes_it() -> None:
    refused = SCOPE.lower().replace("rg-keyless-dev", "RG-Keyless-Dev")
    assert with_bicep_casing(refused) == SCOPE.replace("rg-keyless-dev", "RG-Keyless-Dev")
    blob = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st"
    blob += "/blobServices/default/containers/originals"
    assert with_bicep_casing(blob.lower()) == blob


@pytest.mark.parametrize(
    ("kind", "azures"),
    [
        (PrincipalKind.USER, "User"),
        (PrincipalKind.USER_ASSIGNED, "ServicePrincipal"),
        (PrincipalKind.SYSTEM_ASSIGNED, "ServicePrincipal"),
    ],
)
def test_azure_calls_managed_identities_service_principals(
    kind: PrincipalKind, azures: str
) -> None:
    assert Principal("somebody", kind, "", "").type == azures
