"""The rules of a subscription, as `$management` describes them.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
"""

from sandbox.deployment import CorrelationFilter, Rule
from sandbox.servicebus.amqp import encode

_DESCRIPTION, _NO_ACTION = 0x13700000004, 0x13700000005
_SQL, _CORRELATION = 0x1370000006, 0x1370000009
# The version of the filter language, which Azure appends to each expression.
_COMPATIBILITY = 20


def described(rule: Rule) -> bytes:
    """Return a rule's description: its filter, an action that does nothing, and its name."""
    fields = (_filter(rule), _composite(_NO_ACTION), encode.string(rule.name))
    description = _composite(_DESCRIPTION, *fields)
    return encode.mapping((encode.string("rule-description"), description))


def _filter(rule: Rule) -> bytes:
    if rule.correlation is None:
        expression = encode.string(rule.sql or "1=1")
        return _composite(_SQL, expression, encode.integer(_COMPATIBILITY))
    return _composite(_CORRELATION, *_conditions(rule.correlation))


def _conditions(wanted: CorrelationFilter) -> tuple[bytes, ...]:
    reply_to_session = encode.NULL
    return (
        encode.value(wanted.correlation_id),
        encode.value(wanted.message_id),
        encode.value(wanted.to),
        encode.value(wanted.reply_to),
        encode.value(wanted.label),
        encode.value(wanted.session_id),
        reply_to_session,
        encode.value(wanted.content_type),
        encode.value(dict(wanted.properties)),
    )


def _composite(code: int, *fields: bytes) -> bytes:
    return b"\x00\x80" + code.to_bytes(8, "big") + encode.sequence(fields)
