"""What `$management` of an entity does: peek, renew locks, settle by lock token.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sandbox.deployment import Rule
from sandbox.servicebus import rule_descriptions
from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.conditions import Condition, Status, lock_lost, malformed, not_offered
from sandbox.servicebus.name import RECEIVE, SEND
from sandbox.servicebus.not_offered import DEFERRED, STATUS, requested
from sandbox.servicebus.requests import Request
from sandbox.servicebus.serve.locking import LockLostError
from sandbox.servicebus.serve.outcome import Abandon, Complete, DeadLetter, Outcome, Release
from sandbox.servicebus.serve.subqueue import Subqueue

_OK = Status(200, "OK")
_SENDERS = {"com.microsoft:schedule-message", "com.microsoft:cancel-scheduled-message"}
_PEEK_AT_MOST = 250


@dataclass(frozen=True)
class Answer:
    """How it went, and the raw value of the reply's body."""

    status: Status
    body: bytes = encode.NULL


def action_of(operation: str) -> str:
    """The data action that an operation needs."""
    return SEND if operation in _SENDERS else RECEIVE


@dataclass(frozen=True)
class Management:
    """The operations on one subqueue, which a topic lacks; `rules` are a subscription's."""

    namespace: str
    path: str
    subqueue: Subqueue | None
    rules: tuple[Rule, ...] | None = None

    def answer(self, request: Request) -> Answer:
        """Do what `request` asks for."""
        operations: Mapping[str, Callable[[Subqueue, Mapping[str, object]], Answer]] = {
            "com.microsoft:peek-message": self._peek,
            "com.microsoft:renew-lock": self._renew,
            "com.microsoft:update-disposition": self._settle,
        }
        if self.rules is not None:
            operations = {**operations, "com.microsoft:enumerate-rules": self._list_rules}
        operation = operations.get(request.operation)
        if operation is None or self.subqueue is None:
            return _failed(STATUS, not_offered(requested(request.operation)))
        try:
            return operation(self.subqueue, request.fields)
        except LockLostError:
            return _failed(410, lock_lost(self.namespace, self.path))
        except (MalformedError, TypeError) as error:
            return _failed(400, malformed(str(error)), "com.microsoft:argument-error")

    def _peek(self, subqueue: Subqueue, fields: Mapping[str, object]) -> Answer:
        start = _number(fields, "from-sequence-number")
        count = min(_number(fields, "message-count"), _PEEK_AT_MOST)
        found = subqueue.peek(start, count)
        if not found:
            return Answer(Status(204, "NoContent"))
        name = encode.string("message")
        messages = [encode.mapping((name, encode.binary(each))) for each in found]
        return Answer(_OK, encode.mapping((encode.string("messages"), encode.sequence(messages))))

    def _list_rules(self, _: Subqueue, fields: Mapping[str, object]) -> Answer:
        skip, top = _number(fields, "skip"), _number(fields, "top")
        page = (self.rules or ())[max(skip, 0) :][: max(top, 0)]
        if not page:
            return Answer(Status(204, "NoContent"))
        rules = encode.sequence(map(rule_descriptions.described, page))
        return Answer(_OK, encode.mapping((encode.string("rules"), rules)))

    def _renew(self, subqueue: Subqueue, fields: Mapping[str, object]) -> Answer:
        tokens = _held(subqueue, fields)
        until = [int(subqueue.renew(each) * 1000) for each in tokens]
        return Answer(_OK, encode.mapping((encode.string("expirations"), encode.timestamps(until))))

    def _settle(self, subqueue: Subqueue, fields: Mapping[str, object]) -> Answer:
        outcome = _outcome(fields)
        if outcome is None:
            return _failed(STATUS, not_offered(DEFERRED.what))
        for token in _held(subqueue, fields):
            subqueue.settle(token, outcome)
        return Answer(_OK)


def _outcome(fields: Mapping[str, object]) -> Outcome | None:
    changes = _properties(fields)
    match fields.get("disposition-status"):
        case "completed":
            return Complete()
        case "abandoned":
            return Abandon(changes)
        case "suspended":
            reason, why = fields.get("deadletter-reason"), fields.get("deadletter-description")
            return DeadLetter(_text(reason), _text(why), changes)
        case "unlocked" | "released":
            return Release()
        case "defered" | "deferred":  # the first is how Azure spells it
            return None
        case other:
            raise MalformedError(f"no such disposition-status as {other}")


def _held(subqueue: Subqueue, fields: Mapping[str, object]) -> list[str]:
    """The lock tokens, all of which lock a message here. Raises LockLostError, MalformedError."""
    given = fields.get("lock-tokens")
    if not isinstance(given, list) or not all(isinstance(each, UUID) for each in given):
        raise MalformedError("lock-tokens is no array of UUIDs")
    tokens = [each.bytes_le.decode("latin-1") for each in given]
    for each in tokens:
        subqueue.check(each)
    return list(dict.fromkeys(tokens))


def _properties(fields: Mapping[str, object]) -> Mapping[str, object]:
    changes = fields.get("properties-to-modify") or {}
    if not isinstance(changes, dict):
        raise MalformedError("properties-to-modify is no map")
    return {str(key): each for key, each in changes.items()}


def _number(fields: Mapping[str, object], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int):
        raise MalformedError(f"{name} is no number")
    return value


def _text(value: object) -> str | None:
    return str(value) if value else None


def _failed(code: int, condition: Condition, name: str | None = None) -> Answer:
    return Answer(Status(code, condition.description, name or condition.name))
