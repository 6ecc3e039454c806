"""The audit: every token and decision is recorded before it is answered."""

from sandbox.audit.gate import KEYED, Gate
from sandbox.audit.log import FILE, Audit, AuditError, Outcome, Record, follow, now, parse, read

__all__ = [
    "FILE",
    "KEYED",
    "Audit",
    "AuditError",
    "Gate",
    "Outcome",
    "Record",
    "follow",
    "now",
    "parse",
    "read",
]
