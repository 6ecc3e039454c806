"""Who asked for what, and why it was allowed or denied: on record before it is answered."""

from sandbox.audit.gate import Gate
from sandbox.audit.log import FILE, Audit, AuditError, follow, parse, read
from sandbox.audit.record import Outcome, Record

__all__ = ["FILE", "Audit", "AuditError", "Gate", "Outcome", "Record", "follow", "parse", "read"]
