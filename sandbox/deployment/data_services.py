"""The storage account, the vault and the bus of a snapshot, with Azure's defaults filled in."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import isodate

from sandbox.deployment.resources import (
    CorrelationFilter,
    DeclaredSecret,
    EntitySettings,
    Namespace,
    Queue,
    Rule,
    StorageAccount,
    Subscription,
    Topic,
    Vault,
)
from sandbox.deployment.snapshot import Snapshot, SnapshotError

_BUS = "Microsoft.ServiceBus/namespaces"


def storage_account(snapshot: Snapshot) -> StorageAccount:
    """Return the snapshot's one storage account."""
    account = snapshot.only("Microsoft.Storage/storageAccounts")
    containers = snapshot.of_type("Microsoft.Storage/storageAccounts/blobServices/containers")
    return StorageAccount(account["id"], account["name"], tuple(_leaf(each) for each in containers))


def vault(snapshot: Snapshot) -> Vault:
    """Return the snapshot's one key vault. Raises SnapshotError if it uses access policies."""
    resource = snapshot.only("Microsoft.KeyVault/vaults")
    properties = resource["properties"]
    if properties.get("enableRbacAuthorization") is not True:
        raise SnapshotError(f"the vault {resource['name']} must have enableRbacAuthorization")
    return Vault(
        id=resource["id"],
        name=resource["name"],
        location=resource["location"],
        retention=timedelta(days=properties.get("softDeleteRetentionInDays", 90)),
        purge_protection=bool(properties.get("enablePurgeProtection")),
        secrets=tuple(
            _declared_secret(each) for each in snapshot.of_type("Microsoft.KeyVault/vaults/secrets")
        ),
    )


def _declared_secret(secret: Mapping[str, Any]) -> DeclaredSecret:
    properties = secret["properties"]
    enabled = properties.get("attributes", {}).get("enabled", True)
    return DeclaredSecret(_leaf(secret), properties.get("value", ""), enabled)


def namespace(snapshot: Snapshot) -> Namespace:
    """Return the snapshot's one Service Bus namespace with its entities and rules."""
    resource = snapshot.only(_BUS)
    return Namespace(
        id=resource["id"],
        name=resource["name"],
        queues=tuple(
            Queue(each["id"], _leaf(each), _settings(each))
            for each in snapshot.of_type(f"{_BUS}/queues")
        ),
        topics=tuple(_topic(snapshot, each) for each in snapshot.of_type(f"{_BUS}/topics")),
    )


def _topic(snapshot: Snapshot, topic: Mapping[str, Any]) -> Topic:
    subscriptions = [
        Subscription(each["id"], _leaf(each), _settings(each), _rules(snapshot, each))
        for each in _children(snapshot, topic, f"{_BUS}/topics/subscriptions")
    ]
    return Topic(topic["id"], _leaf(topic), _settings(topic), tuple(subscriptions))


def _rules(snapshot: Snapshot, subscription: Mapping[str, Any]) -> tuple[Rule, ...]:
    rules = _children(snapshot, subscription, f"{_BUS}/topics/subscriptions/rules")
    return tuple(map(_rule, rules))


def _rule(rule: Mapping[str, Any]) -> Rule:
    properties = rule["properties"]
    if properties["filterType"] == "SqlFilter":
        return Rule(_leaf(rule), sql=properties["sqlFilter"]["sqlExpression"])
    written = properties["correlationFilter"]
    return Rule(
        _leaf(rule),
        correlation=CorrelationFilter(
            label=written.get("label"),
            message_id=written.get("messageId"),
            correlation_id=written.get("correlationId"),
            to=written.get("to"),
            reply_to=written.get("replyTo"),
            session_id=written.get("sessionId"),
            content_type=written.get("contentType"),
            properties=written.get("properties", {}),
        ),
    )


def _settings(entity: Mapping[str, Any]) -> EntitySettings:
    properties = entity.get("properties", {})
    window = _duration(properties, "duplicateDetectionHistoryTimeWindow") or timedelta(minutes=10)
    return EntitySettings(
        lock_duration=_duration(properties, "lockDuration") or timedelta(minutes=1),
        max_delivery_count=properties.get("maxDeliveryCount", 10),
        time_to_live=_duration(properties, "defaultMessageTimeToLive"),
        duplicate_window=window if properties.get("requiresDuplicateDetection") else None,
        dead_letter_on_expiration=properties.get("deadLetteringOnMessageExpiration", False),
        dead_letter_on_filter_error=properties.get(
            "deadLetteringOnFilterEvaluationExceptions", True
        ),
    )


def _duration(properties: Mapping[str, Any], name: str) -> timedelta | None:
    """Parse an ISO 8601 duration. Raises isodate.ISO8601Error."""
    if name not in properties:
        return None
    duration = isodate.parse_duration(properties[name])
    return duration if isinstance(duration, timedelta) else duration.totimedelta(start=None)


def _children(
    snapshot: Snapshot, parent: Mapping[str, Any], kind: str
) -> Iterator[Mapping[str, Any]]:
    prefix = f"{parent['name']}/".lower()
    return (each for each in snapshot.of_type(kind) if each["name"].lower().startswith(prefix))


def _leaf(resource: Mapping[str, Any]) -> str:
    return str(resource["name"]).rsplit("/", 1)[-1]
