"""Warm starts, from the first instruction of the process until its report says ready."""

from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, Samples, at_most
from bench.plan import Plan
from bench.whole import demo, whole
from sandbox.state import State

_TAKES_LONG = 5


def measure(plan: Plan, root: Path) -> Iterator[Figure]:
    """Measure the seconds to endpoints alone, to services, and through the demo."""
    plan = plan.fewer(_TAKES_LONG)
    state = State.open(root / "state")
    plan.on_progress("the first start, which is not counted")
    _start(state)
    plan.on_progress("warm start")
    endpoints = Samples.of([_start(state, "--endpoints") for _ in range(plan.runs)])
    services = Samples.of([_start(state) for _ in range(plan.runs)])
    yield Figure("warm start, endpoints", "s", endpoints, goals=(at_most(1),))
    yield Figure("warm start, all four services", "s", services, goals=(at_most(3),))
    seconds = plan.repeat("demo --exit", lambda: demo(state, "--exit", "--port", "0"))
    yield Figure("demo --exit, warm", "s", seconds, goals=(at_most(8),))
    yield _set_up()


def _start(state: State, *arguments: str) -> float:
    """Return the seconds until a sandbox is ready, as with `up` and its `arguments`."""
    with whole(state.root, *arguments) as started:
        return started.ready_after


def _set_up() -> Figure:
    """Report the first set-up, which downloads and so is not repeated."""
    note = "the launcher shows its seconds as it runs, and keeps no record of them"
    return Figure("first-ever set-up", "s", None, goals=(at_most(180),), note=note)
