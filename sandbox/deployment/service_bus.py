"""The Service Bus namespaces of a deployment: their queues, topics, subscriptions and rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any


class EntityStatus(StrEnum):
    """The statuses of an entity that a deployment can set.

    https://learn.microsoft.com/azure/service-bus-messaging/entity-suspend
    """

    ACTIVE = "Active"
    DISABLED = "Disabled"
    SEND_DISABLED = "SendDisabled"
    RECEIVE_DISABLED = "ReceiveDisabled"

    @property
    def may_send(self) -> bool:
        """Return whether messages can be sent to the entity."""
        return self in {EntityStatus.ACTIVE, EntityStatus.RECEIVE_DISABLED}

    @property
    def may_receive(self) -> bool:
        """Return whether messages can be received from the entity."""
        return self in {EntityStatus.ACTIVE, EntityStatus.SEND_DISABLED}


@dataclass(frozen=True)
class EntitySettings:
    """The message settings of a queue, topic or subscription.

    `max_message_size` is in bytes; None is what the namespace's tier allows. `forwarding` has the
    properties by which Azure forwards its messages, which the sandbox does not offer.
    """

    lock_duration: timedelta = timedelta(minutes=1)
    max_delivery_count: int = 10
    time_to_live: timedelta | None = None
    duplicate_window: timedelta | None = None
    dead_letter_on_expiration: bool = False
    dead_letter_on_filter_error: bool = True
    requires_session: bool = False
    status: EntityStatus = EntityStatus.ACTIVE
    max_message_size: int | None = None
    forwarding: tuple[str, ...] = ()


@dataclass(frozen=True)
class CorrelationFilter:
    """A filter whose properties must all equal the message's."""

    label: str | None = None
    message_id: str | None = None
    correlation_id: str | None = None
    to: str | None = None
    reply_to: str | None = None
    reply_to_session_id: str | None = None
    session_id: str | None = None
    content_type: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """A rule of a subscription: an SQL filter with its parameters, or a correlation filter.

    `action` is an SQL expression that changes messages, which the sandbox does not offer.
    """

    name: str
    sql: str | None = None
    correlation: CorrelationFilter | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    action: str = ""


# The properties of an entity as Resource Manager has them, for those who list it.
_Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Queue:
    id: str
    name: str
    settings: EntitySettings
    properties: _Properties = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Subscription:
    id: str
    name: str
    settings: EntitySettings
    rules: tuple[Rule, ...]  # as the template writes them
    properties: _Properties = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Topic:
    id: str
    name: str
    settings: EntitySettings
    subscriptions: tuple[Subscription, ...]
    properties: _Properties = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Namespace:
    """A Service Bus namespace with its entities."""

    id: str
    name: str
    queues: tuple[Queue, ...]
    topics: tuple[Topic, ...]
    tier: str = "Standard"

    @property
    def host(self) -> str:
        return f"{self.name}.servicebus.windows.net"

    @property
    def is_premium(self) -> bool:
        return self.tier == "Premium"

    def max_message_size(self, settings: EntitySettings) -> int:
        """Return how many bytes a message to an entity may have.

        https://learn.microsoft.com/azure/service-bus-messaging/service-bus-premium-messaging
        """
        if not self.is_premium:
            return 256 * 1024
        return settings.max_message_size or 1024 * 1024
