"""An entry of the ledger of attacks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """One attack, its test, and the guard against it."""

    attack: str
    test: str
    file: str
    guard: str
    without: str
