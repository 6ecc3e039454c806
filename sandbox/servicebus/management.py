"""An entity's `$management`: the operations by name, and the status of each error.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response
"""

from collections.abc import Callable, Mapping

from sandbox.refusal import Refusal
from sandbox.servicebus import errors, limit_errors, session_errors
from sandbox.servicebus import message_requests as on_messages
from sandbox.servicebus import rule_requests as on_rules
from sandbox.servicebus import session_requests as on_sessions
from sandbox.servicebus.administration.fields import FieldError
from sandbox.servicebus.amqp.decode import MalformedError
from sandbox.servicebus.errors import Condition, Status
from sandbox.servicebus.intake import RejectedError
from sandbox.servicebus.managed_entity import ManagedEntity, NotHereError
from sandbox.servicebus.name import RECEIVE, SEND
from sandbox.servicebus.requests import Request, Response
from sandbox.servicebus.serve.locking import LockLostError
from sandbox.servicebus.serve.rules import RuleError
from sandbox.servicebus.serve.schedule import MessageNotFoundError
from sandbox.servicebus.serve.sessions import SessionLockLostError
from sandbox.servicebus.serve.subqueue import TooLargeError
from sandbox.servicebus.unsupported import STATUS, requested

_SENDERS = {"com.microsoft:schedule-message", "com.microsoft:cancel-scheduled-message"}

# The conditions of a change of rules, by the status that the management API gives.
_RULES = {
    400: "com.microsoft:argument-error",
    404: "amqp:not-found",
    409: "com.microsoft:entity-already-exists",
    503: "com.microsoft:server-busy",
}

_Operation = Callable[[ManagedEntity, Request], Response]


_OPERATIONS: Mapping[str, _Operation] = {
    f"com.microsoft:{name}": operation
    for name, operation in {
        "peek-message": on_messages.peek,
        "renew-lock": on_messages.renew,
        "update-disposition": on_messages.settle,
        "receive-by-sequence-number": on_messages.receive_deferred,
        "schedule-message": on_messages.schedule,
        "cancel-scheduled-message": on_messages.cancel,
        "renew-session-lock": on_sessions.renew,
        "get-session-state": on_sessions.get_state,
        "set-session-state": on_sessions.set_state,
        "get-message-sessions": on_sessions.list_sessions,
        "enumerate-rules": on_rules.list_rules,
        "add-rule": on_rules.add,
        "remove-rule": on_rules.remove,
    }.items()
}


def action_of(operation: str) -> str:
    """Return the data action that an operation needs."""
    return SEND if operation in _SENDERS else RECEIVE


def respond(managed: ManagedEntity, request: Request) -> Response:
    """Return the response to a request."""
    operation = _OPERATIONS.get(request.operation, _not_offered)
    try:
        return operation(managed, request)
    except _ERRORS as error:
        code, condition = _failure(error, managed, request)
        return Response(Status(code, condition.description, condition.name))


def _not_offered(_: ManagedEntity, __: Request) -> Response:
    raise NotHereError


_ERRORS = (
    *(NotHereError, RejectedError, LockLostError, SessionLockLostError, MessageNotFoundError),
    *(TooLargeError, MalformedError, TypeError, Refusal, FieldError, RuleError),
)


def _failure(error: Exception, managed: ManagedEntity, request: Request) -> tuple[int, Condition]:
    """Return the status and the error of a request that failed."""
    where = managed.namespace, managed.path
    match error:
        case RejectedError():
            answer = error.status, error.condition
        case LockLostError():
            answer = 410, errors.lock_lost(*where)
        case SessionLockLostError():
            answer = 410, session_errors.lock_lost(*where)
        case MessageNotFoundError():
            answer = 404, errors.message_not_found()
        case TooLargeError():
            answer = 400, limit_errors.too_much_at_once(error.limit)
        case Refusal():
            answer = error.status, Condition(_RULES[error.status], error.message)
        case NotHereError():
            answer = STATUS, errors.unsupported(requested(request.operation))
        case _:
            text = errors.malformed(str(error)).description
            answer = 400, Condition("com.microsoft:argument-error", text)
    return answer
