"""The messages of an entity, as its runtime properties count them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """Messages to receive, locked ones among them; dead letters; scheduled ones; bytes of all."""

    active: int = 0
    dead: int = 0
    scheduled: int = 0
    size: int = 0

    @property
    def total(self) -> int:
        """Return the number of all messages."""
        return self.active + self.dead + self.scheduled
