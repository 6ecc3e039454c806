"""The ways to settle a message that a receiver has locked.

https://learn.microsoft.com/azure/service-bus-messaging/message-transfers-locks-settlement
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Complete:
    """Settle a message as done: it is deleted."""


@dataclass(frozen=True, slots=True)
class Release:
    """Return a message unprocessed: it waits again, and this delivery does not count."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """Return a message that failed: it waits again, and this delivery counts as failed."""

    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Defer:
    """Set a message aside: from now on it is received by its sequence number alone."""

    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Move a message that cannot be processed to the dead letters, with a reason."""

    reason: str | None = None
    description: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)

    @property
    def as_properties(self) -> Mapping[str, object]:
        """Return the application properties that it sets on the message."""
        given = {
            "DeadLetterReason": self.reason,
            "DeadLetterErrorDescription": self.description,
        }
        return dict(self.properties) | {
            key: each for key, each in given.items() if each is not None
        }


Settlement = Complete | Release | Abandon | Defer | DeadLetter
