"""Role assignments as Azure Resource Manager lists them."""

import pytest
import requests

from local.arm import UnseenError
from local.doctor.grants import of_azure
from local.rights import Environment
from tests.local.arm import resource_manager

THERE = Environment("sub-1", "rg-keyless-dev", "stdevabc12345", "kv-dev-abc12345", "sb-dev-1")
LIST = f"{THERE.group_id}/providers/Microsoft.Authorization/roleAssignments"
ROLE = "/subscriptions/sub-1/providers/Microsoft.Authorization/roleDefinitions/2a2b"
READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
CONTAINER = f"{THERE.group_id}/providers/Microsoft.Storage/storageAccounts/s/blobServices/default"


def test_each_comes_with_what_its_role_holds_whatever_scope_it_is_on(
    session: requests.Session,
) -> None:
    properties = {
        "principalId": "me",
        "roleDefinitionId": ROLE,
        "scope": "/subscriptions/sub-1",
    }
    permissions = [{"actions": [], "dataActions": [READ]}]
    arm = resource_manager(
        session,
        {
            LIST: {"value": [{"id": "1", "properties": properties}]},
            ROLE: {"properties": {"roleName": "Reader of blobs", "permissions": permissions}},
        },
    )
    (grant,) = of_azure(arm, THERE)
    assert (grant.principal_id, grant.role.name) == ("me", "Reader of blobs")
    assert grant.allows([READ], CONTAINER)
    assert not grant.allows([READ.replace("read", "write")], CONTAINER)
    assert not grant.allows([READ], "/subscriptions/sub-10/resourceGroups/other")


def test_unreadable_assignments_are_an_error(session: requests.Session) -> None:
    with pytest.raises(UnseenError, match="403"):
        of_azure(resource_manager(session, {}), THERE)
