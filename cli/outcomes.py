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
    """Return the identity of a record's request, or a word in parentheses without one.

    A SAS that the identity signed is named beside it: anyone who has the address may send it.
    """
    if record.credential and not record.identity:
        return f"({record.credential})"
    who = caller(record.identity, keyed=record.role == KEYED)
    return f"{who} (SAS)" if record.credential else who


def caller(identity: str, *, keyed: bool) -> str:
    """Return `identity`, or a word in parentheses for a request that proved none."""
    return printable(identity) or (f"({KEYED})" if keyed else "(unknown)")
