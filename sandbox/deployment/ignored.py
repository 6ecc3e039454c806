"""The settings of a snapshot that the sandbox ignores, so that the start can name them.

Where ignoring a setting would allow more than Azure does, the sandbox refuses to load it: a
condition of a role assignment, a vault with access policies. Soft delete and lifecycle rules of
blobs are ignored, too; docs/sandbox.md lists them.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox.deployment.snapshot import ASSIGNMENT, SNAPSHOT, Snapshot

_BUS = "microsoft.servicebus/namespaces"
_NEVER = "P10675199DT2H48M5.4775807S"
_FORWARDING = {
    "forwardTo": "its messages are not forwarded",
    "forwardDeadLetteredMessagesTo": "its dead letters are not forwarded",
}
_ENTITY = {
    "status": "it sends and receives messages all the same",
    "autoDeleteOnIdle": "it is never deleted",
}
_SESSIONS = {"requiresSession": "there are no sessions, and any receiver gets any message"}
_RULE = {"action": "it does not change messages"}
_ACCOUNT = {"isVersioningEnabled": "blobs have no versions"}

# By lower-case type: the properties that are ignored unless they have Azure's default, and the
# sandbox's behaviour instead.
_PROPERTIES: Mapping[str, Mapping[str, str]] = {
    f"{_BUS}/queues": {**_SESSIONS, **_FORWARDING, **_ENTITY},
    f"{_BUS}/topics": _ENTITY,
    f"{_BUS}/topics/subscriptions": {**_SESSIONS, **_FORWARDING, **_ENTITY},
    f"{_BUS}/topics/subscriptions/rules": _RULE,
    "microsoft.storage/storageaccounts/blobservices": _ACCOUNT,
}
_MEANS_NOTHING: tuple[object, ...] = (None, False, "", {}, "Active", _NEVER)

_NO_KEYS = "the sandbox has no keys"
_RESOURCES: Mapping[str, str] = {
    "microsoft.authorization/denyassignments": "it denies nothing here",
    f"{_BUS}/authorizationrules": _NO_KEYS,
    f"{_BUS}/queues/authorizationrules": _NO_KEYS,
    f"{_BUS}/topics/authorizationrules": _NO_KEYS,
}


def ignored(path: Path = SNAPSHOT) -> tuple[str, ...]:
    """Return a line for each ignored setting, by resource.

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
        if kind == ASSIGNMENT.lower() and _is_for_a_group(properties):
            yield f"{named}: the sandbox has no groups, so this role has no effect"


def _is_for_a_group(properties: Mapping[str, Any]) -> bool:
    return str(properties.get("principalType", "")).lower() == "group"
