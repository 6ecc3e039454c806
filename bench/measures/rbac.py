"""One uncached decision, among few assignments and among Azure's maximum."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.figures import Figure, at_most, ratio_at_most
from bench.plan import Plan
from sandbox.deployment import RoleAssignment
from sandbox.rbac import Assignments, Requirement

# Azure's limit for a subscription.
_MOST = 4_000
_FEW = 10
_TIMES = 20_000
_WITHIN_NOISE = 1.25
_GOALS = (at_most(20), ratio_at_most(_WITHIN_NOISE))

_READER = "/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
_CONTAINERS = (
    "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st"
    "/blobServices/default/containers"
)
_READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure the microseconds of a decision, at 4,000 assignments and, as baseline, at 10."""
    del root
    for spread, label in ((True, "spread over principals"), (False, "all on one principal")):
        few, many = _policy(_FEW, spread=spread), _policy(_MOST, spread=spread)
        for word, container in (("allowed", "c3"), ("denied", "elsewhere")):
            yield _figure(plan, f"decision, {word}, {label}", (few, many), spread, container)


def _figure(
    plan: Plan, what: str, policies: tuple[Assignments, Assignments], spread: bool, container: str
) -> Figure:
    few, many = policies
    times = plan.times(_TIMES)
    requirement = Requirement.of(f"{_CONTAINERS}/{container}", _READ)
    once = partial(
        _microseconds, principal=_who(3, spread=spread), requirement=requirement, times=times
    )
    ours, baseline = plan.interleave(what, partial(once, many), partial(once, few))
    note = f"{_MOST:,} assignments; the baseline is the same at {_FEW}"
    return Figure(what, "µs", ours, baseline, _GOALS, note, times)


def _microseconds(
    policy: Assignments, principal: str, requirement: Requirement, times: int
) -> float:
    begun = time.perf_counter()
    for _ in range(times):
        policy.decide(principal, requirement)
    return (time.perf_counter() - begun) / times * 1e6


def _policy(count: int, *, spread: bool) -> Assignments:
    return Assignments(
        RoleAssignment(
            id=f"assignment-{number}",
            scope=f"{_CONTAINERS}/c{number}",
            principal_id=_who(number, spread=spread),
            role_definition_id=_READER,
            why="a figure",
        )
        for number in range(count)
    )


def _who(number: int, *, spread: bool) -> str:
    return f"00000000-0000-4000-8000-{number if spread else 0:012}"
