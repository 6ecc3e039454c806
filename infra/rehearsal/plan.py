"""A planned deployment: its resources with all that is known of them, and their order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from infra.rehearsal.findings import Finding, Severity, Sure
from infra.rehearsal.order import CircularOrderError, Edge, Order
from infra.rehearsal.values import Unknown, Value, has_unknown_part, ids_written, same_id, unknowns

__all__ = [
    "CircularOrderError",
    "Edge",
    "Finding",
    "Order",
    "Plan",
    "Principal",
    "Severity",
    "Step",
    "Sure",
    "Unknown",
    "Value",
    "has_unknown_part",
    "ids_written",
    "same_id",
    "unknowns",
]

DEPLOYMENT = "Microsoft.Resources/deployments"
ROLE_ASSIGNMENT = "Microsoft.Authorization/roleAssignments"


@dataclass(frozen=True)
class Step:
    """One resource of a template, as a deployment would create it or, if it exists, read it."""

    # Unique in the plan: the way through the nested deployments, symbol, and number of the copy,
    # as in "application/access/onQueue[2]".
    key: str
    # A resource id; an unknown part of it is a placeholder (`values.has_unknown_part`).
    id: str
    type: str
    # All its parts, as in "account/default/originals".
    name: str | Unknown
    api_version: str
    # The target: the id of a group, a subscription, the tenant ("/"), or of the resource that it
    # extends, which for a role assignment is the resource that the right is on.
    scope: str
    location: Value = None
    # The rest, as the template writes it and worked out: properties, identity, sku, kind, tags, ...
    body: Mapping[str, Value] = field(default_factory=dict)
    # The symbols or names of the nested deployments that it is in, from the outermost.
    deployment: tuple[str, ...] = ()
    existing: bool = False
    only_if_not_exists: bool = False
    # True, or Unknown: then it may be there or not, and the worse of both counts.
    condition: Literal[True] | Unknown = True
    copy_index: int | Unknown | None = None
    # The ids of what Azure reads, by reference() and list*(), to work out this step; nested
    # deployments, whose outputs are read, among them.
    reads: frozenset[str] = frozenset()

    @property
    def properties(self) -> Value:
        """Its `properties`: a mapping, or an Unknown."""
        return self.body.get("properties", {})

    def is_a(self, resource_type: str) -> bool:
        """Compare types as Resource Manager does: without regard to case."""
        return self.type.lower() == resource_type.lower()


@dataclass(frozen=True)
class Principal:
    """The principal of a role assignment."""

    object_id: str | Unknown
    # The identity, or the resource with a system-assigned one, that the plan makes or reads; none
    # where the template only has an object id.
    step: Step | None = None
    kind: Literal["user-assigned", "system-assigned", "given", "unknown"] = "given"


@dataclass(frozen=True)
class Plan:
    """All steps and their order. Raises CircularOrderError, with the steps that wait in a circle.

    A nested deployment is a step, too, of the type Microsoft.Resources/deployments: it ends when
    all that is in it has ended. A step whose condition is false is none; `left_out` has its key.
    """

    steps: Sequence[Step]
    edges: Sequence[Edge] = ()
    # By a step's key, the key of the nested deployment that it is in.
    inside: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()
    # The findings of the walk itself: a template that Azure refuses as a whole, an invalid value.
    findings: Sequence[Finding] = ()
    # The parts that could not be worked out, each in a sentence that names it.
    not_understood: Sequence[str] = ()
    outputs: Mapping[str, Value] = field(default_factory=dict)

    @cached_property
    def order(self) -> Order:
        """The orders that Azure may take."""
        conditions = {
            each.key: frozenset({each.condition.expression})
            for each in self.steps
            if isinstance(each.condition, Unknown)
        }
        return Order([each.key for each in self.steps], self.edges, self.inside, conditions)

    def __post_init__(self) -> None:
        _ = self.order

    def must_precede(self, first: Step, then: Step) -> bool:
        """Return whether `first` has ended before `then` begins, whatever order Azure takes."""
        return self.order.must_precede(first.key, then.key)

    def may_precede(self, first: Step, then: Step) -> bool:
        """Return whether `first` may have ended before `then` begins."""
        return self.order.may_precede(first.key, then.key)

    def may_run_together(self, one: Step, other: Step) -> bool:
        """Return whether both may be under way at one moment."""
        return self.order.may_run_together(one.key, other.key)

    def wave(self, step: Step) -> int:
        """Return the number of the wave that a step stands in, from 0; see Order.waves."""
        return self._waves[step.key]

    def step(self, key: str) -> Step:
        """Return the step of this key. Raises KeyError."""
        return self._by_key[key]

    def at(self, identifier: str) -> Sequence[Step]:
        """Return the steps that create, change or read the resource of this id."""
        return self._by_id.get(identifier.rstrip("/").lower(), ())

    def made_at(self, identifier: str) -> Sequence[Step]:
        """Return the steps that create or change the resource of this id."""
        return [each for each in self.at(identifier) if not each.existing]

    def of_type(self, resource_type: str, existing: bool = False) -> Sequence[Step]:
        """Return the steps of a type that create or change one; with `existing`, read one."""
        return self._by_type.get((resource_type.lower(), existing), ())

    def principal(self, assignment: Step) -> Principal:
        """Trace the principal of a role assignment to the step that it comes from."""
        given = assignment.properties
        value = given.get("principalId") if isinstance(given, Mapping) else given
        if not isinstance(value, Unknown):
            return Principal(str(value or ""))
        of = next(iter([*self.made_at(value.of), *self.at(value.of)]), None) if value.of else None
        match value.path:
            case ("identity", "principalId"):
                return Principal(value, of, "system-assigned")
            case ("properties", "principalId"):
                return Principal(value, of, "user-assigned")
        return Principal(value, kind="unknown")

    def needs(self, step: Step) -> frozenset[str]:
        """Return the unknown conditions of a step and of the deployments around it."""
        return self.order.needs(step.key)

    def without(self, edge: Edge) -> "Plan":
        """Return the same plan, had the template not made `edge.then` wait for `edge.first`."""
        kept = [each for each in self.edges if (each.first, each.then) != (edge.first, edge.then)]
        return replace(self, edges=kept)

    @cached_property
    def _by_key(self) -> Mapping[str, Step]:
        return {each.key: each for each in self.steps}

    @cached_property
    def _by_type(self) -> Mapping[tuple[str, bool], Sequence[Step]]:
        found: dict[tuple[str, bool], list[Step]] = {}
        for each in self.steps:
            found.setdefault((each.type.lower(), each.existing), []).append(each)
        return found

    @cached_property
    def _waves(self) -> Mapping[str, int]:
        return {key: number for number, wave in enumerate(self.order.waves()) for key in wave}

    @cached_property
    def _by_id(self) -> Mapping[str, Sequence[Step]]:
        found: dict[str, list[Step]] = {}
        for each in self.steps:
            found.setdefault(each.id.rstrip("/").lower(), []).append(each)
        return found
