"""The ignored settings of a snapshot are listed by resource."""

from typing import Any

import pytest

from sandbox.deployment import ignored
from sandbox.deployment.ignored import of_snapshot
from sandbox.deployment.snapshot import Snapshot

BUS = "Microsoft.ServiceBus/namespaces"
QUEUE, SUBSCRIPTION = f"{BUS}/queues", f"{BUS}/topics/subscriptions"
BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
ACCOUNT, VAULT = "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"
COMPONENT = "Microsoft.Insights/components"


def listed(kind: str, **properties: Any) -> list[str]:
    resource = {"id": "/x", "type": kind, "name": "a/b", "properties": properties}
    return list(of_snapshot(Snapshot((resource,), {})))


def test_our_own_bicep_asks_for_nothing_of_the_kind() -> None:
    assert ignored() == ()


@pytest.mark.parametrize(
    ("kind", "properties", "says"),
    [
        (QUEUE, {"forwardTo": "other"}, "forwardTo is not offered: it does not forward messages"),
        (QUEUE, {"forwardTo": "[reference('x').y]"}, "so its senders and receivers are refused"),
        (QUEUE, {"forwardDeadLetteredMessagesTo": "q"}, "it does not forward dead letters, so its"),
        (f"{BUS}/topics", {"autoDeleteOnIdle": "PT5M"}, "topics a/b: autoDeleteOnIdle is ignored"),
        (SUBSCRIPTION, {"autoDeleteOnIdle": "PT5M"}, "autoDeleteOnIdle is ignored: it is never"),
        (SUBSCRIPTION, {"forwardTo": "other"}, "so its receivers, and the senders of its topic"),
        (f"{SUBSCRIPTION}/rules", {"action": {"sqlExpression": "SET a=1"}}, "action is not off"),
        (BLOBS, {"isVersioningEnabled": True}, "isVersioningEnabled is ignored: blobs have no"),
        ("Microsoft.Authorization/denyAssignments", {}, "denyAssignments a/b: it denies nothing"),
        (f"{BUS}/AuthorizationRules", {"rights": ["Send"]}, "the sandbox has no keys"),
        (f"{QUEUE}/authorizationRules", {}, "the sandbox has no keys"),
        (f"{BUS}/topics/authorizationRules", {}, "the sandbox has no keys"),
        (BUS, {}, "namespaces a/b: disableLocalAuth is not true; here it takes tokens alone"),
        (COMPONENT, {"DisableLocalAuth": False}, "components a/b: DisableLocalAuth is not true"),
        (ACCOUNT, {"allowBlobPublicAccess": True}, "a request without a token is refused"),
        (ACCOUNT, {"isHnsEnabled": True}, "there are no directories"),
        (f"{BLOBS}/containers", {"publicAccess": "Blob"}, "a request without a token is refused"),
        (ACCOUNT, {"networkAcls": {"defaultAction": "Deny"}}, "its network rules are ignored"),
        (VAULT, {"publicNetworkAccess": "Disabled"}, "its network rules are ignored"),
    ],
)
def test_what_is_left_out_is_listed_by_its_resource(
    kind: str, properties: dict[str, Any], says: str
) -> None:
    [line] = listed(kind, **properties)
    assert says in line


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        (QUEUE, {"requiresSession": True, "status": "Disabled", "forwardTo": ""}),
        (SUBSCRIPTION, {"autoDeleteOnIdle": "P10675199DT2H48M5.4775807S"}),
        (f"{SUBSCRIPTION}/rules", {"action": {}, "filterType": "SqlFilter"}),
        (f"{SUBSCRIPTION}/rules", {"action": {"requiresPreprocessing": False}}),
        (BLOBS, {"isVersioningEnabled": False}),
        (f"{BLOBS}/containers", {"publicAccess": "None"}),
        (BUS, {"disableLocalAuth": True, "publicNetworkAccess": "Enabled"}),
        (ACCOUNT, {"networkAcls": {"defaultAction": "Allow", "bypass": "AzureServices"}}),
        (QUEUE.upper(), {"lockDuration": "PT1M"}),
    ],
)
def test_what_azure_would_do_anyway_is_not_listed(kind: str, properties: dict[str, Any]) -> None:
    assert listed(kind, **properties) == []
