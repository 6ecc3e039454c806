"""The command that grants makes the very assignment that the deployment would make."""

import shlex

import pytest

from infra.azd.assignments import Assignment
from local.granting import granting, kind_of
from sandbox.deployment import Principal, PrincipalKind

SCOPE = "/subscriptions/sub-1/resourceGroups/rg-keyless-dev/providers/Microsoft.KeyVault/vaults/kv"
ROLE = "4633458b-17de-408a-b874-0445c86b69e6"


def test_what_it_makes_is_named_as_the_deployment_names_it() -> None:
    words = shlex.split(granting(ROLE, SCOPE, "0a1b", "User"))
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
    assert granting("", SCOPE, "0a1b", "User") == ""


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
    assert kind_of(Principal("somebody", kind, "", "")) == azures
