"""The form of a rule: a sentence, its evidence, and a function that finds violations."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.rehearsal.plan import Plan, Severity, Step, Sure
from infra.rehearsal.world import World

EVERY_TYPE = ("*",)


@dataclass(frozen=True)
class Fault:
    """One resource that breaks a rule, with a sentence that names it and the conflict."""

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
    # The condition under which a resource is accepted or becomes healthy.
    asks: str
    check: Check
    severity: Severity
    sure: Sure
    # A page, a repository and a path, or an issue.
    source: str
    mend: str
    # The types that it looks at.
    types: tuple[str, ...] = EVERY_TYPE
