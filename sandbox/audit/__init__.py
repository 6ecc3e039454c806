"""The audit: every token and decision is recorded before it is answered."""

from sandbox.audit.gate import ACCOUNT_KEY, Gate
from sandbox.audit.log import FILE, Audit, AuditError, Outcome, Record, follow, parse, read

__all__ = [
    "ACCOUNT_KEY",
    "FILE",
    "Audit",
    "AuditError",
    "Gate",
    "Outcome",
    "Record",
    "follow",
    "parse",
    "read",
]
