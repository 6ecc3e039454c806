"""What a rehearsal finds fault with."""

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """How bad it is: the deployment stops or is crippled; it may be; it is worth knowing."""

    REFUSED = "✗"
    WARNED = "!"
    NOTED = "·"


class Sure(Enum):
    """How we know a rule: its source was read; a person reports it; we remember it."""

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
