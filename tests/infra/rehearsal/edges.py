"""Take each edge out of a plan, and see whether the rehearsal notices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infra.rehearsal.plan import Edge, Finding, Plan, Severity
from infra.rehearsal.rules import judge


@dataclass(frozen=True)
class Removed:
    """A plan without one of its edges: whether it orders less, and the new findings."""

    edge: Edge
    matters: bool
    found: Sequence[Finding]

    @property
    def caught(self) -> bool:
        """Return whether removing the edge causes a refusal or a warning."""
        return any(each.severity is not Severity.NOTED for each in self.found)

    def __str__(self) -> str:
        return f"{self.edge.first} -> {self.edge.then} ({self.edge.because})"


def each_removed(plan: Plan) -> Iterator[Removed]:
    """Remove every edge in turn. One that others imply orders nothing, and does not matter."""
    before = set(judge(plan, strict=True))
    for edge in plan.edges:
        less = plan.without(edge)
        matters = not less.must_precede(less.step(edge.first), less.step(edge.then))
        found = [each for each in judge(less, strict=True) if each not in before]
        yield Removed(edge, matters, found if matters else ())
