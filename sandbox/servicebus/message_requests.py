"""Requests about messages: peek, settle, renew, receive deferred ones, schedule and cancel."""

from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.managed_entity import ManagedEntity
from sandbox.servicebus.request_fields import (
    Fields,
    lock_tokens,
    messages,
    number,
    properties,
    sequence_numbers,
    text,
)
from sandbox.servicebus.requests import LINK, NO_CONTENT, OK, Request, Response
from sandbox.servicebus.serve.settlement import (
    Abandon,
    Complete,
    DeadLetter,
    Defer,
    Release,
    Settlement,
)
from sandbox.servicebus.serve.subqueue import ReceivedMessage, lock_id

_MAX_PEEK = 250
# In bytes: the deferred messages in one reply.
_MAX_REPLY = 4 * 1024 * 1024
# AMQP's rcv-settle-mode: 0 settles a message as it is delivered, 1 waits for its receiver.
_RECEIVE_AND_DELETE = 0


def peek(managed: ManagedEntity, request: Request) -> Response:
    """Return messages from a sequence number on, of one session if the request names one."""
    fields = request.fields
    start = number(fields, "from-sequence-number")
    count = min(number(fields, "message-count"), _MAX_PEEK)
    found = managed.messages.peek(start, count, session=text(fields, "session-id"))
    if not found:
        return NO_CONTENT
    name = encode.string("message")
    maps = [encode.mapping((name, encode.binary(each))) for each in found]
    return Response.of(messages=encode.sequence(maps))


def renew(managed: ManagedEntity, request: Request) -> Response:
    """Renew the locks on messages."""
    tokens = _locking(managed, request.fields)
    until = [int(managed.messages.renew(each) * 1000) for each in tokens]
    return Response.of(expirations=encode.timestamps(until))


def settle(managed: ManagedEntity, request: Request) -> Response:
    """Settle messages by their lock tokens."""
    settlement = _settlement(request.fields)
    for token in _locking(managed, request.fields):
        managed.messages.settle(token, settlement)
    return OK


def receive_deferred(managed: ManagedEntity, request: Request) -> Response:
    """Return deferred messages, locked or deleted, by their sequence numbers."""
    fields = request.fields
    numbers, session = sequence_numbers(fields), text(fields, "session-id")
    and_delete = number(fields, "receiver-settle-mode") == _RECEIVE_AND_DELETE
    if session is None:
        found = managed.messages.receive_deferred(numbers, _MAX_REPLY, and_delete=and_delete)
    else:
        lock = managed.session(session, request.properties.get(LINK)).lock
        found = managed.sessions.receive_deferred_in(
            lock, numbers, _MAX_REPLY, and_delete=and_delete
        )
    return Response.of(messages=encode.sequence(map(_received, found)))


def schedule(managed: ManagedEntity, request: Request) -> Response:
    """Store messages for their times. Return their sequence numbers."""
    numbers = managed.sender.schedule(messages(request.fields))
    return Response.of(sequence_numbers=encode.longs(numbers))


def cancel(managed: ManagedEntity, request: Request) -> Response:
    """Delete scheduled messages by their sequence numbers."""
    managed.sender.destination.cancel(sequence_numbers(request.fields))
    return OK


def _received(message: ReceivedMessage) -> bytes:
    pairs = [encode.string("message"), encode.binary(message.content)]
    if message.token:
        pairs += [encode.string("lock-token"), encode.value(lock_id(message.token))]
    return encode.mapping(pairs)


def _settlement(fields: Fields) -> Settlement:
    changes = properties(fields)
    match fields.get("disposition-status"):
        case "completed":
            return Complete()
        case "abandoned":
            return Abandon(changes)
        case "suspended":
            reason = text(fields, "deadletter-reason")
            return DeadLetter(reason, text(fields, "deadletter-description"), changes)
        case "unlocked" | "released":
            return Release()
        case "defered" | "deferred":  # the first is how Azure spells it
            return Defer(changes)
        case other:
            raise MalformedError(f"unknown disposition-status {other}")


def _locking(managed: ManagedEntity, fields: Fields) -> list[str]:
    """Return the lock tokens. All must lock a message here. Raises LockLostError."""
    tokens = lock_tokens(fields)
    for each in tokens:
        managed.messages.check(each)
    return tokens
