"""The settings of a snapshot that the sandbox ignores, so that the start can name them.

A setting whose neglect would allow more than Azure does is not among them: an assignment with a
condition grants nothing, and a vault under access policies is not served. The exception are rules
of networks, since every client is on this machine. Soft delete and lifecycle rules of blobs are
ignored, too: requests for deleted blobs are refused, and docs/sandbox.md lists them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.deployment.snapshot import SNAPSHOT, Snapshot

_BUS = "microsoft.servicebus/namespaces"
_NEVER = "P10675199DT2H48M5.4775807S"
_FORWARDING = {
    "forwardTo": "its messages are not forwarded",
    "forwardDeadLetteredMessagesTo": "its dead letters are not forwarded",
}
_ENTITY = {
    "autoDeleteOnIdle": "it is never deleted",
}
_RULE = {"action": "it does not change messages"}
_BLOBS = {"isVersioningEnabled": "blobs have no versions"}
_ANONYMOUS = "a request without a token is refused"
_ACCOUNT = {"allowBlobPublicAccess": _ANONYMOUS, "isHnsEnabled": "there are no directories"}
_CONTAINER = {"publicAccess": _ANONYMOUS}

# By lower-case type: the properties that are ignored unless they have Azure's default, and the
# sandbox's behaviour instead.
_PROPERTIES: Mapping[str, Mapping[str, str]] = {
    f"{_BUS}/queues": {**_FORWARDING, **_ENTITY},
    f"{_BUS}/topics": _ENTITY,
    f"{_BUS}/topics/subscriptions": {**_FORWARDING, **_ENTITY},
    f"{_BUS}/topics/subscriptions/rules": _RULE,
    "microsoft.storage/storageaccounts": _ACCOUNT,
    "microsoft.storage/storageaccounts/blobservices": _BLOBS,
    "microsoft.storage/storageaccounts/blobservices/containers": _CONTAINER,
}
_MEANS_NOTHING: tuple[object, ...] = (None, False, "", {}, "Active", "None", _NEVER)
# By lower-case type: the property that turns keys off. Azure takes them unless it is true.
_WITHOUT_KEYS: Mapping[str, str] = {
    _BUS: "disableLocalAuth",
    "microsoft.insights/components": "DisableLocalAuth",
}
_WITH_NETWORK_RULES = ("microsoft.keyvault/vaults", "microsoft.storage/storageaccounts", _BUS)

_NO_KEYS = "the sandbox has no keys"
_RESOURCES: Mapping[str, str] = {
    "microsoft.authorization/denyassignments": "it denies nothing here",
    f"{_BUS}/authorizationrules": _NO_KEYS,
    f"{_BUS}/queues/authorizationrules": _NO_KEYS,
    f"{_BUS}/topics/authorizationrules": _NO_KEYS,
}


def ignored(path: Path = SNAPSHOT) -> tuple[str, ...]:
    """Return a line for each ignored setting of the resources that are served, by resource.

    Raises SnapshotError.
    """
    return tuple(of_snapshot(Snapshot.read(path)))


def of_snapshot(snapshot: Snapshot) -> Iterator[str]:
    """Yield a line for each ignored setting of a snapshot."""
    for each in snapshot.resources:
        kind, properties = each["type"].lower(), each.get("properties") or {}
        named = f"{each['type'].rpartition('/')[2]} {each['name']}"
        if kind in _RESOURCES:
            yield f"{named}: {_RESOURCES[kind]}"
        for name, instead in _PROPERTIES.get(kind, {}).items():
            if properties.get(name) not in _MEANS_NOTHING:
                yield f"{named}: {name} is ignored: {instead}"
        without_keys = _WITHOUT_KEYS.get(kind)
        if without_keys and properties.get(without_keys) is not True:
            yield f"{named}: {without_keys} is not true; here it takes tokens alone all the same"
        if kind in _WITH_NETWORK_RULES and _has_network_rules(properties):
            yield f"{named}: its network rules are ignored: every client is on this machine"


def _has_network_rules(properties: Mapping[str, Any]) -> bool:
    rules = properties.get("networkAcls")
    denies = isinstance(rules, dict) and rules.get("defaultAction") == "Deny"
    return denies or properties.get("publicNetworkAccess") == "Disabled"
