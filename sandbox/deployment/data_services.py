"""The storage accounts, vaults and namespaces of a snapshot, with Azure's defaults filled in."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from sandbox.deployment.entity_limits import EntityLimitError, check_limits, parse_iso_duration
from sandbox.deployment.not_offered import forwarding, rule_action
from sandbox.deployment.resources import DeclaredSecret, StorageAccount, Vault
from sandbox.deployment.service_bus import (
    CorrelationFilter,
    EntitySettings,
    EntityStatus,
    Namespace,
    Queue,
    Rule,
    Subscription,
    Topic,
)
from sandbox.deployment.snapshot import (
    BLOB_SERVICE,
    CONTAINER,
    QUEUE,
    RULE,
    SECRET,
    SUBSCRIPTION,
    TOPIC,
    Snapshot,
    SnapshotError,
    about,
    known,
    leaf,
    properties_of,
    required,
)

# The value of a secret that the deployment computes on Azure, such as a connection string.
UNKNOWN = "known only on Azure"
# Others, such as Creating, are Azure's own.
_STATUSES = {each.lower(): each for each in EntityStatus}


def storage_account(snapshot: Snapshot, resource: Mapping[str, Any]) -> StorageAccount:
    """Return a storage account with its containers."""
    containers = tuple(map(leaf, snapshot.children(resource, CONTAINER)))
    shared_key = known(properties_of(resource), "allowSharedKeyAccess", True) is not False
    services = snapshot.children(resource, BLOB_SERVICE)
    retains = frozenset(name for each in services for name in _retained(properties_of(each)))
    return StorageAccount(resource["id"], resource["name"], containers, shared_key, retains)


def _retained(properties: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the policies that keep deleted blobs, containers and versions."""
    for name in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        if known(known(properties, name), "enabled"):
            yield name
    if known(properties, "isVersioningEnabled"):
        yield "isVersioningEnabled"


def vault(snapshot: Snapshot, resource: Mapping[str, Any]) -> Vault:
    """Return a key vault with its secrets."""
    properties = properties_of(resource)
    return Vault(
        id=resource["id"],
        name=resource["name"],
        location=known(resource, "location", ""),
        retention=timedelta(days=known(properties, "softDeleteRetentionInDays", 90)),
        purge_protection=bool(known(properties, "enablePurgeProtection")),
        secrets=tuple(map(_declared_secret, snapshot.children(resource, SECRET))),
    )


def _declared_secret(secret: Mapping[str, Any]) -> DeclaredSecret:
    with about(secret):
        properties = properties_of(secret)
        value = UNKNOWN if properties.get("value") else ""
        enabled = known(known(properties, "attributes"), "enabled", True)
        return DeclaredSecret(leaf(secret), known(properties, "value", value), enabled)


def namespace(snapshot: Snapshot, resource: Mapping[str, Any]) -> Namespace:
    """Return a Service Bus namespace with its entities and rules."""
    queues = snapshot.children(resource, QUEUE)
    topics = snapshot.children(resource, TOPIC)
    return Namespace(
        id=resource["id"],
        name=resource["name"],
        queues=tuple(map(queue, queues)),
        topics=tuple(_topic(snapshot, each) for each in topics),
        tier=known(resource.get("sku") or {}, "name", "Standard"),
    )


def queue(resource: Mapping[str, Any]) -> Queue:
    """Return a queue. Raises SnapshotError."""
    return Queue(resource["id"], leaf(resource), settings(resource), properties_of(resource))


def topic(resource: Mapping[str, Any], below: Iterable[Subscription] = ()) -> Topic:
    """Return a topic with the subscriptions `below` it. Raises SnapshotError."""
    name, own = leaf(resource), properties_of(resource)
    return Topic(resource["id"], name, settings(resource), tuple(below), own)


def subscription(resource: Mapping[str, Any], rules: Iterable[Rule] = ()) -> Subscription:
    """Return a subscription with its rules. Raises SnapshotError."""
    name, own = leaf(resource), properties_of(resource)
    return Subscription(resource["id"], name, settings(resource), tuple(rules), own)


def _topic(snapshot: Snapshot, resource: Mapping[str, Any]) -> Topic:
    below = snapshot.children(resource, SUBSCRIPTION)
    return topic(resource, (subscription(each, _rules(snapshot, each)) for each in below))


def _rules(snapshot: Snapshot, resource: Mapping[str, Any]) -> tuple[Rule, ...]:
    return tuple(map(_rule, snapshot.children(resource, RULE)))


def _rule(rule: Mapping[str, Any]) -> Rule:
    with about(rule):
        properties = properties_of(rule)
        name, action = leaf(rule), rule_action(properties)
        if known(properties, "filterType") == "SqlFilter" or "sqlFilter" in properties:
            sql = required(properties["sqlFilter"], "sqlExpression")
            return Rule(name, sql=sql, action=action)
        written = known(properties, "correlationFilter", {})
        return Rule(
            name,
            action=action,
            correlation=CorrelationFilter(
                label=known(written, "label"),
                message_id=known(written, "messageId"),
                correlation_id=known(written, "correlationId"),
                to=known(written, "to"),
                reply_to=known(written, "replyTo"),
                reply_to_session_id=known(written, "replyToSessionId"),
                session_id=known(written, "sessionId"),
                content_type=known(written, "contentType"),
                properties=known(written, "properties", {}),
            ),
        )


def settings(entity: Mapping[str, Any]) -> EntitySettings:
    """Return the message settings of a queue, topic or subscription.

    Raises SnapshotError, also for a value that Azure refuses.
    """
    with about(entity):
        properties = properties_of(entity)
        _check_limits(entity, properties)
        window = known(properties, "duplicateDetectionHistoryTimeWindow", "PT10M")
        detects = known(properties, "requiresDuplicateDetection", False)
        to_live = known(properties, "defaultMessageTimeToLive")
        largest = known(properties, "maxMessageSizeInKilobytes")
        return EntitySettings(
            lock_duration=parse_iso_duration(known(properties, "lockDuration", "PT1M")),
            max_delivery_count=known(properties, "maxDeliveryCount", 10),
            time_to_live=parse_iso_duration(to_live) if to_live else None,
            duplicate_window=parse_iso_duration(window) if detects else None,
            dead_letter_on_expiration=known(properties, "deadLetteringOnMessageExpiration", False),
            dead_letter_on_filter_error=known(
                properties, "deadLetteringOnFilterEvaluationExceptions", True
            ),
            requires_session=known(properties, "requiresSession", False),
            status=_STATUSES.get(str(known(properties, "status")).lower(), EntityStatus.ACTIVE),
            max_message_size=largest * 1024 if largest else None,
            forwarding=forwarding(properties),
        )


def _check_limits(entity: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
    try:
        check_limits(properties)
    except EntityLimitError as error:
        named = f"{entity['type']} {entity['name']}"
        raise SnapshotError(f"Azure would refuse {named}: {error}") from error
