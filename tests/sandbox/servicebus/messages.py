"""Messages as bytes, for tests that need no network."""

from collections.abc import Mapping
from typing import Any

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.sections import Sections, described, joined
from sandbox.servicebus.serve.message import Message

_FIELDS = ("message_id", "user_id", "to", "subject", "reply_to", "correlation_id", "content_type")


def message(
    body: bytes = b"x",
    own: Mapping[str, Any] | None = None,
    time_to_live: float | None = None,
    **standard: Any,
) -> Message:
    """Return a message with these application properties and standard properties."""
    header = None
    if time_to_live is not None:
        lifetime = encode.uint(int(time_to_live * 1000))
        header = encode.sequence((encode.NULL, encode.NULL, lifetime))
    return Message.parse(
        joined(
            Sections(
                header=header,
                properties=encode.sequence(encode.value(standard.get(each)) for each in _FIELDS),
                application=encode.value(own) if own else None,
                body=described(0x75, encode.binary(body)),
            )
        )
    )
