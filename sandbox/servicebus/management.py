"""The operations of an entity's `$management`: peek, renew locks, settle by token, list rules.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sandbox.deployment import CorrelationFilter, Rule
from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.errors import Condition, Status, lock_lost, malformed, unsupported
from sandbox.servicebus.name import RECEIVE, SEND
from sandbox.servicebus.requests import Request
from sandbox.servicebus.serve.locking import LockLostError
from sandbox.servicebus.serve.subqueue import (
    Abandon,
    Complete,
    DeadLetter,
    Release,
    Settlement,
    Subqueue,
)
from sandbox.servicebus.unsupported import DEFERRED, STATUS, requested

_OK = Status(200, "OK")
_SENDERS = {"com.microsoft:schedule-message", "com.microsoft:cancel-scheduled-message"}
_MAX_PEEK = 250

_DESCRIPTION, _NO_ACTION = 0x13700000004, 0x13700000005
_SQL, _CORRELATION = 0x1370000006, 0x1370000009
# The version of the filter language, which Azure appends to each expression.
_COMPATIBILITY = 20


@dataclass(frozen=True)
class Response:
    """The status of a reply, and the raw value of its body."""

    status: Status
    body: bytes = encode.NULL


def action_of(operation: str) -> str:
    """Return the data action that an operation needs."""
    return SEND if operation in _SENDERS else RECEIVE


@dataclass(frozen=True)
class Management:
    """The operations on one subqueue. A topic has none; only a subscription has `rules`.

    `rules` is called for each request, since a deployment may change them.
    """

    namespace: str
    path: str
    subqueue: Subqueue | None
    rules: Callable[[], tuple[Rule, ...] | None] = lambda: None

    def respond(self, request: Request) -> Response:
        """Return the response to `request`."""
        operations: Mapping[str, Callable[[Subqueue, Mapping[str, object]], Response]] = {
            "com.microsoft:peek-message": self._peek,
            "com.microsoft:renew-lock": self._renew,
            "com.microsoft:update-disposition": self._settle,
        }
        if self.rules() is not None:
            operations = {**operations, "com.microsoft:enumerate-rules": self._list_rules}
        operation = operations.get(request.operation)
        if operation is None or self.subqueue is None:
            return _failed(STATUS, unsupported(requested(request.operation)))
        try:
            return operation(self.subqueue, request.fields)
        except LockLostError:
            return _failed(410, lock_lost(self.namespace, self.path))
        except (MalformedError, TypeError) as error:
            return _failed(400, malformed(str(error)), "com.microsoft:argument-error")

    def _peek(self, subqueue: Subqueue, fields: Mapping[str, object]) -> Response:
        start = _number(fields, "from-sequence-number")
        count = min(_number(fields, "message-count"), _MAX_PEEK)
        found = subqueue.peek(start, count)
        if not found:
            return Response(Status(204, "NoContent"))
        name = encode.string("message")
        messages = [encode.mapping((name, encode.binary(each))) for each in found]
        return Response(_OK, encode.mapping((encode.string("messages"), encode.sequence(messages))))

    def _list_rules(self, _: Subqueue, fields: Mapping[str, object]) -> Response:
        skip, top = _number(fields, "skip"), _number(fields, "top")
        page = (self.rules() or ())[max(skip, 0) :][: max(top, 0)]
        if not page:
            return Response(Status(204, "NoContent"))
        rules = encode.sequence(map(_rule, page))
        return Response(_OK, encode.mapping((encode.string("rules"), rules)))

    def _renew(self, subqueue: Subqueue, fields: Mapping[str, object]) -> Response:
        tokens = _lock_tokens(subqueue, fields)
        until = [int(subqueue.renew(each) * 1000) for each in tokens]
        return Response(
            _OK, encode.mapping((encode.string("expirations"), encode.timestamps(until)))
        )

    def _settle(self, subqueue: Subqueue, fields: Mapping[str, object]) -> Response:
        settlement = _settlement(fields)
        if settlement is None:
            return _failed(STATUS, unsupported(DEFERRED.feature))
        for token in _lock_tokens(subqueue, fields):
            subqueue.settle(token, settlement)
        return Response(_OK)


def _settlement(fields: Mapping[str, object]) -> Settlement | None:
    changes = _properties(fields)
    match fields.get("disposition-status"):
        case "completed":
            return Complete()
        case "abandoned":
            return Abandon(changes)
        case "suspended":
            reason = _text(fields.get("deadletter-reason"))
            return DeadLetter(reason, _text(fields.get("deadletter-description")), changes)
        case "unlocked" | "released":
            return Release()
        case "defered" | "deferred":  # the first is how Azure spells it
            return None
        case other:
            raise MalformedError(f"unknown disposition-status {other}")


def _lock_tokens(subqueue: Subqueue, fields: Mapping[str, object]) -> list[str]:
    """Return the lock tokens, each once. All must lock a message here.

    Raises LockLostError, MalformedError.
    """
    given = fields.get("lock-tokens")
    if not isinstance(given, list) or not all(isinstance(each, UUID) for each in given):
        raise MalformedError("lock-tokens is not an array of UUIDs")
    tokens = [each.bytes_le.decode("latin-1") for each in given]
    for each in tokens:
        subqueue.check(each)
    return list(dict.fromkeys(tokens))


def _properties(fields: Mapping[str, object]) -> Mapping[str, object]:
    changes = fields.get("properties-to-modify") or {}
    if not isinstance(changes, dict):
        raise MalformedError("properties-to-modify is not a map")
    return {str(key): each for key, each in changes.items()}


def _number(fields: Mapping[str, object], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int):
        raise MalformedError(f"{name} is not a number")
    return value


def _text(value: object) -> str | None:
    return str(value) if value else None


def _failed(code: int, condition: Condition, name: str | None = None) -> Response:
    return Response(Status(code, condition.description, name or condition.name))


def _rule(rule: Rule) -> bytes:
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
