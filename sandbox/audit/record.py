"""One line of the audit: a token that was issued, a decision, or somebody who proved nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What became of it."""

    ISSUED = "issued"
    ALLOWED = "allowed"
    DENIED = "denied"
    REFUSED = "refused"


@dataclass(frozen=True)
class Record:
    """Who asked whom for what, on which scope, and by which assignment it was allowed.

    `service` is the Azure service that was asked (blob, vault, bus, identity, login, arm);
    `identity` is who asked, by the name people know. `missing` are the roles of which one would
    have allowed it; `reason` is why a token was not issued or not believed. An issued token's
    `role` are the app roles in it. Never holds a token or a secret.
    """

    time: str
    service: str
    outcome: Outcome
    operation: str
    identity: str = ""
    principal_id: str = ""
    action: str = ""
    scope: str = ""
    role: str = ""
    assignment: str = ""
    why: str = ""
    missing: tuple[str, ...] = ()
    reason: str = ""
    token_id: str = ""
    resource: str = ""


def now() -> str:
    """The time as the audit writes it: ISO 8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
