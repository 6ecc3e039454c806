"""How a receiver settles a message."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Complete:
    """It is done; the message goes."""


@dataclass(frozen=True, slots=True)
class Release:
    """It was never looked at: the message waits again, and this delivery does not count."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """It failed: the message waits again, and one delivery more has been in vain."""

    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """It cannot be done: the message goes to the dead letters, saying why."""

    reason: str | None = None
    description: str | None = None
    properties: Mapping[str, object] = field(default_factory=dict)

    @property
    def written(self) -> Mapping[str, object]:
        """What is set among the message's application properties."""
        said = {
            "DeadLetterReason": self.reason,
            "DeadLetterErrorDescription": self.description,
        }
        return dict(self.properties) | {key: each for key, each in said.items() if each is not None}


Outcome = Complete | Release | Abandon | DeadLetter
