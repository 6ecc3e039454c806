"""Features of Azure that the sandbox lacks. Each is refused so that every SDK raises at once.

The condition is `amqp:not-allowed`, which no SDK retries. `amqp:not-implemented` would say it
better, but azservicebus for Go retries it for 45 seconds, and Rust for longer. A request to
`$management` gets a status, too. Go looks at the status alone, and raises at once only for 401, 404
and 410; the other SDKs look at the condition.
Read in azservicebus/internal/errors.go (Go), core-amqp/src/errors.ts (JavaScript),
_pyamqp/error.py (Python) and Amqp/AmqpExceptionHelper.cs (.NET).
"""

from dataclasses import dataclass
from enum import Enum

CONDITION = "amqp:not-allowed"
STATUS = 404


class _Form(Enum):
    """The form of a request for a feature, and of its refusal."""

    LINK = "a link", "attached and detached"
    MESSAGE = "a message", "rejected"
    SETTLEMENT = "a settlement", "rejected; the message stays locked"
    DELIVERY = "the delivery of a request to `$management`", "rejected"
    REQUEST = "a request of `$management`", f"status {STATUS}"


@dataclass(frozen=True)
class Unsupported:
    """A feature, in words that follow "The sandbox does not support", and its form on the wire."""

    feature: str
    form: _Form
    on_the_wire: tuple[str, ...]


IN_TRANSACTION = Unsupported("transactions", _Form.MESSAGE, ("transactional-state",))
SETTLED_IN_TRANSACTION = Unsupported("transactions", _Form.SETTLEMENT, ("transactional-state",))
REQUESTED_IN_TRANSACTION = Unsupported("transactions", _Form.DELIVERY, ("transactional-state",))
COORDINATOR = Unsupported("transactions", _Form.LINK, ("a target that is a coordinator",))
DYNAMIC = Unsupported("dynamic nodes", _Form.LINK, ("a dynamic source or target",))
FORWARDING = Unsupported(
    "forwarding and its dead letters", _Form.LINK, ("$Transfer/$DeadLetterQueue",)
)

_REQUESTS = {
    "deletion in batches": ("batch-delete-messages",),
}
REQUESTS = tuple(
    Unsupported(feature, _Form.REQUEST, tuple(f"com.microsoft:{each}" for each in operations))
    for feature, operations in _REQUESTS.items()
)
UNSUPPORTED = (
    COORDINATOR,
    DYNAMIC,
    FORWARDING,
    IN_TRANSACTION,
    SETTLED_IN_TRANSACTION,
    REQUESTED_IN_TRANSACTION,
    *REQUESTS,
)


def requested(operation: str) -> str:
    """Return the feature that an operation of `$management` belongs to, or a phrase for it."""
    for each in REQUESTS:
        if operation in each.on_the_wire:
            return each.feature
    return f"the operation '{operation}' here"
