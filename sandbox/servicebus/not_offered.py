"""Azure's features that the sandbox lacks: each is refused so that every SDK raises at once.

The condition is `amqp:not-allowed`, which no SDK tries again. `amqp:not-implemented`, which says it
better, is tried again by azservicebus for Go for 45 seconds, and by Rust for longer. A request of
`$management` is answered with a status, too: Go goes by that alone, and raises at once for 401, 404
and 410 only. The others go by the condition.
Read in azservicebus/internal/errors.go (Go), core-amqp/src/errors.ts (JavaScript),
_pyamqp/error.py (Python) and Amqp/AmqpExceptionHelper.cs (.NET).
"""

from dataclasses import dataclass
from enum import Enum

CONDITION = "amqp:not-allowed"
STATUS = 404


class By(Enum):
    """By what it is asked for, and so how it is refused."""

    LINK = "a link", "attached and detached"
    MESSAGE = "a message", "rejected"
    SETTLEMENT = "a settlement", "rejected; the message stays locked"
    REQUEST = "a request of `$management`", f"status {STATUS}"


@dataclass(frozen=True)
class NotOffered:
    """One thing, in words that follow "The sandbox does not support", and what asks for it."""

    what: str
    by: By
    on_the_wire: tuple[str, ...]


SCHEDULED = NotOffered("scheduled messages", By.MESSAGE, ("x-opt-scheduled-enqueue-time",))
DEFERRED = NotOffered("deferred messages", By.SETTLEMENT, ("modified, undeliverable-here",))
IN_TRANSACTION = NotOffered("transactions", By.MESSAGE, ("transactional-state",))
SETTLED_IN_TRANSACTION = NotOffered("transactions", By.SETTLEMENT, ("transactional-state",))
COORDINATOR = NotOffered("transactions", By.LINK, ("a target that is a coordinator",))
DYNAMIC = NotOffered("dynamic nodes", By.LINK, ("a dynamic source or target",))
FORWARDING = NotOffered("forwarding and its dead letters", By.LINK, ("$Transfer/$DeadLetterQueue",))

_REQUESTS = {
    "scheduled messages": ("schedule-message", "cancel-scheduled-message"),
    "deferred messages": ("receive-by-sequence-number", "update-disposition, defered"),
    "sessions": (
        "renew-session-lock",
        "get-session-state",
        "set-session-state",
        "get-message-sessions",
    ),
    "rules that change while it runs": ("add-rule", "remove-rule"),
    "deletion in batches": ("batch-delete-messages",),
}
REQUESTS = tuple(
    NotOffered(what, By.REQUEST, tuple(f"com.microsoft:{each}" for each in operations))
    for what, operations in _REQUESTS.items()
)
NOT_OFFERED = (
    COORDINATOR,
    DYNAMIC,
    FORWARDING,
    SCHEDULED,
    IN_TRANSACTION,
    DEFERRED,
    SETTLED_IN_TRANSACTION,
    *REQUESTS,
)


def requested(operation: str) -> str:
    """Return what an operation of `$management` asks for, if the sandbox knows but lacks it."""
    for each in REQUESTS:
        if operation in each.on_the_wire:
            return each.what
    return f"the operation '{operation}' here"
