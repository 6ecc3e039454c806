"""The form of a rule: a sentence, how we know it, and a function that finds what breaks it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.rehearsal.plan import Plan, Severity, Step, Sure
from infra.rehearsal.world import World

EVERY_TYPE = ("*",)


@dataclass(frozen=True)
class Fault:
    """One resource that breaks a rule, in a sentence that names it and what it meets."""

    step: Step
    what: str
    # Where this one is less grave than the rule says.
    severity: Severity | None = None
    # Whether nothing orders the two resources, and yet the one that is needed begins earlier.
    by_luck: bool = False


Check = Callable[[Plan, World], Iterator[Fault]]


@dataclass(frozen=True)
class Rule:
    """One row of the table."""

    name: str
    # What must be true before a resource is accepted or becomes healthy.
    asks: str
    check: Check
    severity: Severity
    sure: Sure
    # A page, a repository and a path, or an issue.
    source: str
    mend: str
    # The types that it looks at.
    types: tuple[str, ...] = EVERY_TYPE
