"""The elements of a queue's, topic's and subscription's description, in Azure's order.

The order and the defaults are those of Azure's recorded answers: Azure/azure-sdk-for-python,
sdk/servicebus/azure-servicebus/tests/mgmt_tests/recordings.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sandbox.deployment.entity_limits import parse_iso_duration
from sandbox.deployment.not_offered import NEVER
from sandbox.deployment.snapshot import known

# Shorter than Azure's longest by what the SDKs lose of it in their own types.
_LONG = timedelta(days=10675198)


class FieldError(ValueError):
    """A value that its element cannot have."""


def arm_name(element: str) -> str:
    """Return the name that the property of an element has in Resource Manager."""
    return element[0].lower() + element[1:]


def element_name(arm: str) -> str:
    """Return the name that the element of a property of Resource Manager has."""
    return arm[0].upper() + arm[1:]


@dataclass(frozen=True)
class Field:
    """An element that a client may set, its default, and how its text becomes a value."""

    name: str
    default: object
    read: Callable[[str], object]

    @property
    def arm(self) -> str:
        """Return the name of the same property in Resource Manager."""
        return arm_name(self.name)

    def text(self, properties: Mapping[str, object]) -> str | None:
        """Return the element's text, None if there is no such element."""
        value = known(properties, self.arm, self.default)
        if isinstance(value, bool):
            return "true" if value else "false"
        return None if value is None else str(value)


def _duration(text: str) -> str:
    """Return a duration in ISO 8601. Raises FieldError."""
    try:
        found = parse_iso_duration(text)
    except ValueError as error:
        raise FieldError(str(error)) from error
    return NEVER if found >= _LONG else text


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false", "1", "0"}:
        raise FieldError(f"{text!r} is not a boolean")
    return text.lower() in {"true", "1"}


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise FieldError(f"{text!r} is not an integer") from error


def _field(name: str, default: object, read: Callable[[str], object] = str) -> Field:
    return Field(name, default, read)


_LOCK = _field("LockDuration", "PT1M", _duration)
_SIZE = _field("MaxSizeInMegabytes", 1024, _integer)
_DUPLICATES = _field("RequiresDuplicateDetection", False, _boolean)
_SESSIONS = _field("RequiresSession", False, _boolean)
_TO_LIVE = _field("DefaultMessageTimeToLive", NEVER, _duration)
_DEAD = _field("DeadLetteringOnMessageExpiration", False, _boolean)
_WINDOW = _field("DuplicateDetectionHistoryTimeWindow", "PT10M", _duration)
_DELIVERIES = _field("MaxDeliveryCount", 10, _integer)
_BATCHED = _field("EnableBatchedOperations", True, _boolean)
_STATUS = _field("Status", "Active")
_METADATA = _field("UserMetadata", None)
_IDLE = _field("AutoDeleteOnIdle", NEVER, _duration)
_PARTITIONS = _field("EnablePartitioning", False, _boolean)
_EXPRESS = _field("EnableExpress", False, _boolean)
_LARGEST = _field("MaxMessageSizeInKilobytes", 256, _integer)
_ORDERING = _field("SupportOrdering", True, _boolean)
_FORWARD = _field("ForwardTo", None)
_FORWARD_DEAD = _field("ForwardDeadLetteredMessagesTo", None)

# Elements that the namespace computes, by name: an entry has them between those that are set.
SIZE, COUNT, CREATED, UPDATED = "SizeInBytes", "MessageCount", "CreatedAt", "UpdatedAt"
ACCESSED, DETAILS, BELOW = "AccessedAt", "CountDetails", "SubscriptionCount"
RULES_OF_ACCESS = "AuthorizationRules"
SQL_FILTERS, CORRELATION_FILTERS = "SqlFilterCount", "CorrelationFilterCount"

Element = Field | str

QUEUE: tuple[Element, ...] = (
    _LOCK,
    _SIZE,
    _DUPLICATES,
    _SESSIONS,
    _TO_LIVE,
    _DEAD,
    _WINDOW,
    _DELIVERIES,
    _BATCHED,
    SIZE,
    COUNT,
    _field("IsAnonymousAccessible", False, _boolean),
    RULES_OF_ACCESS,
    _STATUS,
    _FORWARD,
    _METADATA,
    CREATED,
    UPDATED,
    ACCESSED,
    _ORDERING,
    DETAILS,
    _IDLE,
    _PARTITIONS,
    _field("EntityAvailabilityStatus", "Available"),
    _FORWARD_DEAD,
    _EXPRESS,
    _LARGEST,
)
TOPIC: tuple[Element, ...] = (
    _TO_LIVE,
    _SIZE,
    _DUPLICATES,
    _WINDOW,
    _BATCHED,
    SIZE,
    _field("FilteringMessagesBeforePublishing", False, _boolean),
    _field("IsAnonymousAccessible", False, _boolean),
    RULES_OF_ACCESS,
    _STATUS,
    _METADATA,
    CREATED,
    UPDATED,
    ACCESSED,
    _ORDERING,
    DETAILS,
    BELOW,
    _IDLE,
    _PARTITIONS,
    _field("EntityAvailabilityStatus", "Available"),
    _field("EnableSubscriptionPartitioning", False, _boolean),
    _EXPRESS,
    _LARGEST,
    SQL_FILTERS,
    CORRELATION_FILTERS,
)
SUBSCRIPTION: tuple[Element, ...] = (
    _LOCK,
    _SESSIONS,
    _TO_LIVE,
    _DEAD,
    _field("DeadLetteringOnFilterEvaluationExceptions", True, _boolean),
    COUNT,
    _DELIVERIES,
    _BATCHED,
    _STATUS,
    _FORWARD,
    CREATED,
    UPDATED,
    ACCESSED,
    _METADATA,
    DETAILS,
    _FORWARD_DEAD,
    _IDLE,
    _field("EntityAvailabilityStatus", "Available"),
    _field("IsClientAffine", False, _boolean),
)
