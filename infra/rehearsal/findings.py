"""The findings of a rehearsal."""

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """The severity: Azure refuses the deployment; it may fail; it is worth knowing."""

    REFUSED = "✗"
    WARNED = "!"
    NOTED = "·"


class Sure(Enum):
    """The evidence for a rule: its source was read; it was reported; it is from memory."""

    READ = "read"
    REPORTED = "reported"
    MEMORY = "memory"


@dataclass(frozen=True)
class Finding:
    """One fault of a plan. Raises ValueError for a refusal that is known from memory alone."""

    severity: Severity
    # The resource's key in the plan; empty where the fault is the whole template's.
    resource: str
    what: str
    rule: str
    source: str
    sure: Sure
    mend: str

    def __post_init__(self) -> None:
        if self.severity is Severity.REFUSED and self.sure is Sure.MEMORY:
            raise ValueError(f"the rule {self.rule!r} is known from memory: it may warn only")
