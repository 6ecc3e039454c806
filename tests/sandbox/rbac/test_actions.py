"""Actions by their names: on data or on the resource itself."""

import pytest

from sandbox.rbac import action_of, known_actions

BLOBS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (f"{BLOBS}/read", True),
        (f"{BLOBS}/manageOwnership/action", True),  # no role here names it
        ("Microsoft.KeyVault/vaults/secrets/restore/action", True),
        ("Microsoft.KeyVault/vaults/secrets/write", False),
        ("Microsoft.ServiceBus/namespaces/queues/write", False),
        ("Microsoft.Authorization/roleAssignments/write", False),
    ],
)
def test_an_action_is_on_data_or_on_its_resource(name: str, data: bool) -> None:
    found = action_of(name)
    assert found is not None
    assert (found.name, found.data) == (name, data)


def test_a_known_action_is_found_in_any_case() -> None:
    name = next(iter(known_actions()))
    assert action_of(name.upper()) == action_of(name)


@pytest.mark.parametrize("name", ["", "read", "Microsoft.Storage", "*/read", "a.b/c/d/<img>"])
def test_another_text_is_no_action(name: str) -> None:
    assert action_of(name) is None
