"""The settings of a snapshot that the sandbox ignores or refuses, so that the start can name them.

A setting whose neglect would allow more than Azure does is not among them: an assignment with a
condition grants nothing, and a vault under access policies is not served. The exception are rules
of networks, since every client is on this machine. Soft delete and lifecycle rules of blobs are
ignored, too: requests for deleted blobs are refused, and docs/sandbox.md lists them. So is
`autoDeleteOnIdle`: an entity that stays answers as the same entity in use does on Azure.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.deployment.not_offered import FORWARDING, asks_for, rule_action
from sandbox.deployment.snapshot import SNAPSHOT, Snapshot

_BUS = "microsoft.servicebus/namespaces"
_ENTITY = {
    "autoDeleteOnIdle": "it is never deleted",
}
_BLOBS = {"isVersioningEnabled": "blobs have no versions"}
_ANONYMOUS = "a request without a token is refused"
_ACCOUNT = {"allowBlobPublicAccess": _ANONYMOUS, "isHnsEnabled": "there are no directories"}
_CONTAINER = {"publicAccess": _ANONYMOUS}

# By lower-case type: the properties that are ignored unless they have Azure's default, and the
# sandbox's behaviour instead.
_PROPERTIES: Mapping[str, Mapping[str, str]] = {
    f"{_BUS}/queues": _ENTITY,
    f"{_BUS}/topics": _ENTITY,
    f"{_BUS}/topics/subscriptions": _ENTITY,
    "microsoft.storage/storageaccounts": _ACCOUNT,
    "microsoft.storage/storageaccounts/blobservices": _BLOBS,
    "microsoft.storage/storageaccounts/blobservices/containers": _CONTAINER,
}
# By lower-case type of an entity that may forward: the links that are refused if it does.
_FORWARDERS = {
    f"{_BUS}/queues": "its senders and receivers are refused",
    f"{_BUS}/topics/subscriptions": "its receivers, and the senders of its topic, are refused",
}
_RULES = f"{_BUS}/topics/subscriptions/rules"
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
    """Return a line for each setting that the resources which are served do not follow.

    Raises SnapshotError.
    """
    return tuple(of_snapshot(Snapshot.read(path)))


def of_snapshot(snapshot: Snapshot) -> Iterator[str]:
    """Yield a line for each setting of a snapshot that is ignored or refused, by resource."""
    for each in snapshot.resources:
        kind, properties = each["type"].lower(), each.get("properties") or {}
        named = f"{each['type'].rpartition('/')[2]} {each['name']}"
        if kind in _RESOURCES:
            yield f"{named}: {_RESOURCES[kind]}"
        for name, instead in _PROPERTIES.get(kind, {}).items():
            if asks_for(properties, name):
                yield f"{named}: {name} is ignored: {instead}"
        yield from (f"{named}: {each}" for each in _not_offered(kind, properties))
        without_keys = _WITHOUT_KEYS.get(kind)
        if without_keys and properties.get(without_keys) is not True:
            yield f"{named}: {without_keys} is not true; here it takes tokens alone all the same"
        if kind in _WITH_NETWORK_RULES and _has_network_rules(properties):
            yield f"{named}: its network rules are ignored: every client is on this machine"


def _not_offered(kind: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """Yield a clause for each property for which links are refused."""
    for name, instead in FORWARDING.items() if kind in _FORWARDERS else ():
        if asks_for(properties, name):
            yield f"{name} is not offered: {instead}, so {_FORWARDERS[kind]}"
    if kind == _RULES and rule_action(properties):
        yield (
            "action is not offered: a rule does not change messages, so the receivers of its"
            " subscription are refused"
        )


def _has_network_rules(properties: Mapping[str, Any]) -> bool:
    rules = properties.get("networkAcls")
    denies = isinstance(rules, dict) and rules.get("defaultAction") == "Deny"
    return denies or properties.get("publicNetworkAccess") == "Disabled"
