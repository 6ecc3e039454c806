"""The action that a request to Azure Resource Manager would take, and its scope."""

import pytest

from sandbox.arm.name import action_and_scope

GROUP = "/subscriptions/s/resourceGroups/rg"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts"


@pytest.mark.parametrize(
    ("method", "path", "action", "scope"),
    [
        ("GET", "/tenants", "Microsoft.Resources/tenants/read", "/tenants"),
        ("GET", GROUP, "Microsoft.Resources/subscriptions/resourceGroups/read", GROUP),
        ("PUT", GROUP, "Microsoft.Resources/subscriptions/resourceGroups/write", GROUP),
        ("GET", STORAGE, "Microsoft.Storage/storageAccounts/read", GROUP),
        ("DELETE", f"{STORAGE}/a", "Microsoft.Storage/storageAccounts/delete", f"{STORAGE}/a"),
        (
            "POST",
            f"{STORAGE}/a/listKeys",
            "Microsoft.Storage/storageAccounts/listKeys/action",
            f"{STORAGE}/a",
        ),
        (
            "GET",
            f"{STORAGE}/a/blobServices/default",
            "Microsoft.Storage/storageAccounts/blobServices/read",
            f"{STORAGE}/a/blobServices/default",
        ),
        (
            "PUT",
            f"{STORAGE}/a/providers/Microsoft.Authorization/roleAssignments/r",
            "Microsoft.Authorization/roleAssignments/write",
            f"{STORAGE}/a/providers/Microsoft.Authorization/roleAssignments/r",
        ),
    ],
)
def test_a_request_is_named_as_its_provider_names_it(
    method: str, path: str, action: str, scope: str
) -> None:
    assert action_and_scope(method, path) == (action, scope)
