"""Messages as bytes, for tests that need no network."""

from collections.abc import Mapping
from typing import Any

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.sections import Sections, described, joined
from sandbox.servicebus.serve.message import Message

_FIELDS = (
    *("message_id", "user_id", "to", "subject", "reply_to", "correlation_id", "content_type"),
    *("content_encoding", "absolute_expiry_time", "creation_time", "group_id"),
    *("group_sequence", "reply_to_group_id"),
)


def message(
    body: bytes = b"x",
    own: Mapping[str, Any] | None = None,
    time_to_live: float | None = None,
    due: float | None = None,
    **standard: Any,
) -> Message:
    """Return a message with these application properties and standard properties.

    It is to be enqueued when it is `due`.
    """
    header = annotations = None
    if due is not None:
        name = encode.symbol("x-opt-scheduled-enqueue-time")
        annotations = encode.mapping((name, encode.timestamp(int(due * 1000))))
    if time_to_live is not None:
        lifetime = encode.uint(int(time_to_live * 1000))
        header = encode.sequence((encode.NULL, encode.NULL, lifetime))
    return Message.parse(
        joined(
            Sections(
                header=header,
                annotations=annotations,
                properties=encode.sequence(encode.value(standard.get(each)) for each in _FIELDS),
                application=encode.value(own) if own else None,
                body=described(0x75, encode.binary(body)),
            )
        )
    )
