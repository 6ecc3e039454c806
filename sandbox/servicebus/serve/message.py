"""What the broker reads of a message, and what it writes on one that it delivers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError, Timestamp, decoded, parts
from sandbox.servicebus.amqp.sections import (
    EMPTY_MAP,
    Sections,
    batch,
    buried,
    joined,
    split,
    without_entries,
)

# The message-format of a batch: its data sections are whole messages.
# https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
BATCH_FORMAT = 0x80013700

_PROPERTY_AT_MOST = 32 * 1024
_ALL_PROPERTIES_AT_MOST = 64 * 1024
_SCHEDULED = "x-opt-scheduled-enqueue-time"
# What only a broker may say of a message; a sender that says it is not believed.
_BROKER_ANNOTATIONS = (
    "x-opt-sequence-number",
    "x-opt-enqueue-sequence-number",
    "x-opt-enqueued-time",
    "x-opt-locked-until",
    "x-opt-lock-token",
    "x-opt-message-state",
    "x-opt-deadletter-source",
)
_PROPERTY_NAMES = (
    "message_id",
    "user_id",
    "to",
    "subject",
    "reply_to",
    "correlation_id",
    "content_type",
    "content_encoding",
    "absolute_expiry_time",
    "creation_time",
    "group_id",
    "group_sequence",
    "reply_to_group_id",
)


@dataclass(frozen=True)
class Message:
    """A message as it came, and what the broker needs to know of it."""

    content: bytes
    sections: Sections

    @classmethod
    def parse(cls, content: bytes) -> "Message":
        """The message in `content`, all of what the broker will read proven readable.

        Raises MalformedError.
        """
        message = cls(content, split(content))
        _ = message.properties, message.application_properties, message.time_to_live
        _ = message.annotations
        return message

    @cached_property
    def properties(self) -> Mapping[str, object]:
        """The standard properties that are set, under their AMQP names."""
        values = _decoded_list(self.sections.properties)
        pairs = zip(_PROPERTY_NAMES, values, strict=False)
        return {name: value for name, value in pairs if value is not None}

    @cached_property
    def application_properties(self) -> Mapping[str, object]:
        """The application's own properties."""
        return _decoded_map(self.sections.application)

    @cached_property
    def annotations(self) -> Mapping[str, object]:
        """The message annotations."""
        return _decoded_map(self.sections.annotations)

    @cached_property
    def message_id(self) -> str | None:
        """The id that duplicates are known by, as text."""
        value = self.properties.get("message_id")
        return None if value is None else str(value)

    @cached_property
    def time_to_live(self) -> float | None:
        """The sender's own limit in seconds. Zero is none: it would lose the message at once."""
        header = _decoded_list(self.sections.header)
        milliseconds = header[2] if len(header) > 2 else None
        return milliseconds / 1000 if isinstance(milliseconds, int) and milliseconds else None

    def with_id(self, message_id: str) -> "Message":
        """Return the message with an id, and all else as it came."""
        sent = parts(self.sections.properties)[0] if self.sections.properties else []
        properties = encode.sequence((encode.string(message_id), *sent[1:]))
        sections = replace(self.sections, properties=properties)
        return Message(joined(sections), sections)

    @property
    def is_scheduled(self) -> bool:
        """Whether the sender wants it enqueued later."""
        return isinstance(self.annotations.get(_SCHEDULED), Timestamp)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the broker says of a message that it delivers. Times are seconds since the epoch."""

    sequence: int
    origin: int
    enqueued: float
    deliveries: int
    time_to_live: float | None
    locked_until: float | None = None
    lock_token: UUID | None = None
    state: int | None = None


def messages_in(content: bytes, message_format: int) -> list[Message]:
    """The messages of one transfer: itself, or those of a batch. Raises MalformedError."""
    if message_format == BATCH_FORMAT:
        return [Message.parse(each) for each in batch(content)]
    if message_format != 0:
        raise MalformedError(f"no such message format as {message_format:#x}")
    return [Message.parse(content)]


def oversized(message: Message) -> str | None:
    """Say what of a message's properties is above Azure's limits.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas
    """
    sections = message.sections
    written = (sections.header, sections.annotations, sections.properties, sections.application)
    total = sum(len(each) for each in written if each)
    if total > _ALL_PROPERTIES_AT_MOST:
        return f"its properties take {total} bytes, more than {_ALL_PROPERTIES_AT_MOST}"
    if len(sections.application or b"") <= _PROPERTY_AT_MOST:
        return None
    largest = max(map(len, parts(sections.application or EMPTY_MAP)[0][1::2]), default=0)
    if largest <= _PROPERTY_AT_MOST:
        return None
    return f"one of its properties takes {largest} bytes, more than {_PROPERTY_AT_MOST}"


def stamped(content: bytes, stamp: Stamp) -> bytes:
    """The message with the broker's header and annotations, all else as it came."""
    sections = split(content)
    return joined(
        replace(
            sections,
            header=_header(sections.header, stamp),
            delivery=_delivery(stamp),
            annotations=_annotations(sections.annotations, stamp),
        )
    )


def with_properties(content: bytes, properties: Mapping[str, object]) -> bytes:
    """The message with `properties` set among its application properties."""
    return joined(buried(split(content), properties)) if properties else content


def _header(raw: bytes | None, stamp: Stamp) -> bytes:
    sent = parts(raw)[0] if raw else []
    durable, priority, _, first, *_ = [*sent, *[encode.NULL] * (4 - len(sent))]
    lifetime = encode.NULL
    if stamp.time_to_live is not None:
        lifetime = encode.uint(min(int(stamp.time_to_live * 1000), 0xFFFFFFFF))
    return encode.sequence((durable, priority, lifetime, first, encode.uint(stamp.deliveries)))


def _delivery(stamp: Stamp) -> bytes | None:
    """What a sender says of a delivery is for the broker; its receiver hears of its own."""
    if stamp.lock_token is None:
        return None
    return encode.mapping((encode.symbol("x-opt-lock-token"), encode.value(stamp.lock_token)))


def _annotations(raw: bytes | None, stamp: Stamp) -> bytes:
    own: dict[str, bytes] = {
        "x-opt-sequence-number": encode.long(stamp.sequence),
        "x-opt-enqueue-sequence-number": encode.long(stamp.origin),
        "x-opt-enqueued-time": encode.timestamp(int(stamp.enqueued * 1000)),
    }
    if stamp.locked_until is not None:
        own["x-opt-locked-until"] = encode.timestamp(int(stamp.locked_until * 1000))
    if stamp.state is not None:
        own["x-opt-message-state"] = encode.integer(stamp.state)
    pairs = [part for name, value in own.items() for part in (encode.symbol(name), value)]
    sent = without_entries(raw, _BROKER_ANNOTATIONS) if raw else []
    return encode.mapping([*pairs, *sent])


def _decoded_list(raw: bytes | None) -> list[object]:
    value = decoded(raw) if raw else []
    if not isinstance(value, list):
        raise MalformedError("a list was expected")
    return value


def _decoded_map(raw: bytes | None) -> Mapping[str, object]:
    value = decoded(raw or EMPTY_MAP)
    if not isinstance(value, dict):
        raise MalformedError("a map was expected")
    return {str(key): each for key, each in value.items()}
