"""A message: the parts that the broker reads, and those that it writes when it delivers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from uuid import UUID

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError, Timestamp, decoded, parts
from sandbox.servicebus.amqp.sections import (
    EMPTY_MAP,
    Sections,
    batch,
    joined,
    split,
    with_application_properties,
    without_entries,
)

# The message-format of a batch: its data sections are whole messages.
# https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide
BATCH_FORMAT = 0x80013700

_MAX_PROPERTY_SIZE = 32 * 1024
_MAX_PROPERTIES_SIZE = 64 * 1024
# `_common/constants.py` of azure-servicebus
_MAX_SESSION_ID = 128
_SCHEDULED = "x-opt-scheduled-enqueue-time"
# Only the broker sets these. A sender's own are dropped.
_DELIVERY_ANNOTATIONS = ("x-opt-lock-token",)
_OWN_ANNOTATIONS = (
    "x-opt-sequence-number",
    "x-opt-enqueue-sequence-number",
    "x-opt-enqueued-time",
    "x-opt-locked-until",
    "x-opt-message-state",
)
_BROKER_ANNOTATIONS = (*_OWN_ANNOTATIONS, *_DELIVERY_ANNOTATIONS, "x-opt-deadletter-source")
(_TOKEN,) = map(encode.symbol, _DELIVERY_ANNOTATIONS)
_SEQUENCE, _ORIGIN, _ENQUEUED, _LOCKED_UNTIL, _STATE = map(encode.symbol, _OWN_ANNOTATIONS)
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


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came, and the parts that the broker needs, each decoded once.

    `properties` are the standard ones that are set, by their AMQP names. `time_to_live` is the
    sender's, in seconds.
    """

    content: bytes
    sections: Sections
    properties: Mapping[str, object]
    application_properties: Mapping[str, object]
    annotations: Mapping[str, object]
    time_to_live: float | None

    @classmethod
    def parse(cls, content: bytes) -> "Message":
        """Return the message in `content`. Raises MalformedError.

        So a message that cannot be read is refused when it arrives.
        """
        return cls.of(content, split(content))

    @classmethod
    def of(cls, content: bytes, sections: Sections) -> "Message":
        """Return the message of these sections, which are `content`. Raises MalformedError."""
        return cls(
            content,
            sections,
            properties=standard_properties(sections.properties),
            application_properties=map_by_name(sections.application),
            annotations=map_by_name(sections.annotations),
            time_to_live=_time_to_live(sections.header),
        )

    @property
    def message_id(self) -> str | None:
        """Return the message id as text."""
        value = self.properties.get("message_id")
        return None if value is None else str(value)

    def with_id(self, message_id: str) -> "Message":
        """Return the message with an id, and everything else as it came."""
        sent = parts(self.sections.properties)[0] if self.sections.properties else []
        properties = encode.sequence((encode.string(message_id), *sent[1:]))
        sections = replace(self.sections, properties=properties)
        return Message.of(joined(sections), sections)

    @property
    def due(self) -> float | None:
        """Return when the sender wants it enqueued, in seconds since the epoch; None for now."""
        value = self.annotations.get(_SCHEDULED)
        return value / 1000 if isinstance(value, Timestamp) else None

    @property
    def session_id(self) -> str | None:
        """Return the id of its session as text. An empty one is a session, too.

        Azure/azure-sdk-for-go, sdk/messaging/azservicebus/session_receiver_test.go, and the live
        tests of azure-servicebus
        """
        value = self.properties.get("group_id")
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class BrokerProperties:
    """The values that the broker sets on a delivered message. Times are seconds since the epoch.

    `origin` is the number that the message's topic gave it, 0 for a message of a queue.
    """

    sequence: int
    origin: int
    enqueued: float
    deliveries: int
    time_to_live: float | None
    locked_until: float | None = None
    lock_token: UUID | None = None
    state: int | None = None


def messages_in(content: bytes, message_format: int) -> list[Message]:
    """Return the messages of one transfer: one, or those of a batch. Raises MalformedError."""
    if message_format == BATCH_FORMAT:
        return [Message.parse(each) for each in batch(content)]
    if message_format != 0:
        raise MalformedError(f"unknown message format {message_format:#x}")
    return [Message.parse(content)]


def oversized(message: Message) -> str | None:
    """Return which of Azure's limits on properties a message exceeds, as a clause of a sentence.

    https://learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas
    """
    sections = message.sections
    written = (sections.header, sections.annotations, sections.properties, sections.application)
    total = sum(len(each) for each in written if each)
    if len(message.session_id or "") > _MAX_SESSION_ID:
        length = len(message.session_id or "")
        return f"its session id has {length} characters, more than {_MAX_SESSION_ID}"
    if total > _MAX_PROPERTIES_SIZE:
        return f"its properties take {total} bytes, more than {_MAX_PROPERTIES_SIZE}"
    if len(sections.application or b"") <= _MAX_PROPERTY_SIZE:
        return None
    largest = max(map(len, parts(sections.application or EMPTY_MAP)[0][1::2]), default=0)
    if largest <= _MAX_PROPERTY_SIZE:
        return None
    return f"one of its properties takes {largest} bytes, more than {_MAX_PROPERTY_SIZE}"


def with_broker_properties(content: bytes, values: BrokerProperties) -> bytes:
    """Return the message with the broker's header and annotations, the rest as it came."""
    sections = split(content)
    return joined(
        Sections(
            header=_header(sections.header, values),
            delivery=_delivery(sections.delivery, values),
            annotations=_annotations(sections.annotations, values),
            properties=sections.properties,
            application=sections.application,
            body=sections.body,
        )
    )


def with_properties(content: bytes, properties: Mapping[str, object]) -> bytes:
    """Return the message with `properties` set among its application properties."""
    return (
        joined(with_application_properties(split(content), properties)) if properties else content
    )


def _header(raw: bytes | None, values: BrokerProperties) -> bytes:
    sent = parts(raw)[0] if raw else []
    durable, priority, _, first, *_ = [*sent, *[encode.NULL] * (4 - len(sent))]
    lifetime = encode.NULL
    if values.time_to_live is not None:
        lifetime = encode.uint(min(int(values.time_to_live * 1000), 0xFFFFFFFF))
    return encode.sequence((durable, priority, lifetime, first, encode.uint(values.deliveries)))


def _delivery(raw: bytes | None, values: BrokerProperties) -> bytes | None:
    """Return the delivery annotations: the sender's, and the lock token.

    A message that is only peeked at has the sender's alone, and no map if there are none.
    Azure delivers the sender's, and an empty map to receive-and-delete: tests/test_queues.py,
    test_queue_send_amqp_annotated_message, and tests/test_message.py,
    test_message_backcompat_receive_and_delete_databody, of azure-servicebus for Python.
    """
    sent = without_entries(raw, _DELIVERY_ANNOTATIONS) if raw else []
    if values.lock_token is None:
        is_peeked = values.state is not None
        return None if is_peeked and not sent else encode.mapping(sent)
    return encode.mapping((_TOKEN, encode.uuid(values.lock_token), *sent))


def _annotations(raw: bytes | None, values: BrokerProperties) -> bytes:
    """Return the sender's annotations, and the broker's.

    A message of a queue has those in tests/test_message.py of azure-servicebus for Python,
    test_message_backcompat_peek_lock_databody. One of a topic has the topic's number, too.
    """
    own = {
        _SEQUENCE: encode.long(values.sequence),
        _ENQUEUED: encode.timestamp(int(values.enqueued * 1000)),
    }
    if values.origin:
        own[_ORIGIN] = encode.long(values.origin)
    if values.locked_until is not None:
        own[_LOCKED_UNTIL] = encode.timestamp(int(values.locked_until * 1000))
    if values.state is not None:
        own[_STATE] = encode.integer(values.state)
    sent = without_entries(raw, _BROKER_ANNOTATIONS) if raw else []
    return encode.mapping([*chain.from_iterable(own.items()), *sent])


def standard_properties(raw: bytes | None) -> Mapping[str, object]:
    """Return the properties that are set in a section, by their names. Raises MalformedError."""
    pairs = zip(_PROPERTY_NAMES, _decoded_list(raw), strict=False)
    return {name: value for name, value in pairs if value is not None}


def map_by_name(raw: bytes | None) -> Mapping[str, object]:
    """Return the entries of a section that is a map. Raises MalformedError."""
    if raw is None:
        return {}
    value = decoded(raw)
    if not isinstance(value, dict):
        raise MalformedError("a map was expected")
    return {str(key): each for key, each in value.items()}


def _time_to_live(header: bytes | None) -> float | None:
    """Return a header's time to live in seconds. Zero is no limit, not instant loss."""
    values = _decoded_list(header)
    milliseconds = values[2] if len(values) > 2 else None
    return milliseconds / 1000 if isinstance(milliseconds, int) and milliseconds else None


def _decoded_list(raw: bytes | None) -> list[object]:
    value = decoded(raw) if raw else []
    if not isinstance(value, list):
        raise MalformedError("a list was expected")
    return value
