"""The action that a request to Azure Resource Manager would take, and its scope."""

import pytest

from sandbox.arm.name import LIST_ASSIGNMENTS, PUT_ASSIGNMENT, action_and_scope, name

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


def test_a_slash_too_many_is_none() -> None:
    """As SDKs write an id behind a slash, and a resource without a parent."""
    roles = "providers/Microsoft.Authorization/roleAssignments"
    found = name("/subscriptions/s", "PUT", f"/{STORAGE}/a/{roles}/r")
    assert (found.operation, found.on, found.name) == (PUT_ASSIGNMENT, f"{STORAGE}/a", "r")
    assert found.scope == f"{STORAGE}/a/{roles}/r"
    odd = STORAGE.replace("Microsoft.Storage/", "Microsoft.Storage//")
    found = name("/subscriptions/s", "GET", f"{odd}/a/{roles}")
    assert (found.operation, found.on, found.scope) == (LIST_ASSIGNMENTS, *[f"{STORAGE}/a"] * 2)


def test_the_scope_of_a_decision_is_the_scope_of_the_operation() -> None:
    """A name that is encoded twice must not be decoded for the one alone."""
    scope = f"{STORAGE}/a%2FblobServices%2Fdefault"
    found = name(
        "/subscriptions/s", "GET", f"{scope}/providers/Microsoft.Authorization/roleAssignments"
    )
    assert (found.on, found.scope) == (scope, scope)
