"""Memory of all processes after the demo, with shared pages divided among them (PSS)."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.figures import Figure, Goal, Samples, at_most
from bench.plan import Plan
from bench.processes import AZURITE, GUARDS, PROC, SANDBOX, memory_by_role, tree
from bench.whole import demo, whole

_TAKES_LONG = 3
_GOAL, _GOAL_OF_ALL = at_most(200), at_most(600)
_OWN = (SANDBOX, AZURITE, GUARDS)
_WHAT = "memory after the demo"


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure the megabytes of the sandbox with Azurite, of each part, and of all."""
    plan = plan.fewer(_TAKES_LONG)
    if not (PROC / "self" / "smaps_rollup").exists():
        yield Figure(f"{_WHAT}", "MB", None, goals=(_GOAL,), note="only Linux keeps count of PSS")
        return
    plan.on_progress(_WHAT)
    runs = [_once(root / str(number)) for number in range(plan.runs)]
    yield _sum(runs, "sandbox with Azurite", *_OWN, goals=(_GOAL,))
    services = sorted({role for run in runs for role in run} - set(_OWN))
    for role in (*_OWN, *services):
        yield _sum(runs, role, role)
    yield _sum(runs, "everything", *_OWN, *services, goals=(_GOAL_OF_ALL,))


def _once(folder: Path) -> Mapping[str, float]:
    with whole(folder) as sandbox:
        demo(sandbox.state)
        return memory_by_role(tree(sandbox.report.pid))


def _sum(
    runs: list[Mapping[str, float]], name: str, *roles: str, goals: tuple[Goal, ...] = ()
) -> Figure:
    values = [sum(run.get(role, 0.0) for role in roles) for run in runs]
    return Figure(f"{_WHAT}, {name}", "MB", Samples.of(values), goals=goals)
