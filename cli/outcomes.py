"""Outcomes and callers of the audit's records, as the commands show them."""

from sandbox.audit import KEYED, Outcome, Record
from sandbox.printable import printable

MARKS = {
    Outcome.ISSUED: ("•", "cyan"),
    Outcome.ALLOWED: ("✓", "green"),
    Outcome.DENIED: ("✗", "bold red"),
    # Refused before any role counts: a Key Vault client's first request never has a token.
    Outcome.REFUSED: ("-", "yellow"),
}


def caller_of(record: Record) -> str:
    """Return the identity; in parentheses, the key or the nothing that a request came with."""
    nobody = f"({KEYED})" if record.role == KEYED else "(unknown)"
    return printable(record.identity) or nobody
