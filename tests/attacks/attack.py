"""What the ledger of attacks holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """One attack, its test, and what stands in its way."""

    attack: str
    test: str
    file: str
    guard: str
    without: str
