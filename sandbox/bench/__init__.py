"""How fast: each figure with its baseline, its spread and its goal, taken on this machine."""

from sandbox.bench.alone import alone, give_way
from sandbox.bench.figures import Figure, Goal, Samples
from sandbox.bench.machine import Machine, this_machine
from sandbox.bench.measures import MEASURES, measure
from sandbox.bench.plan import Plan
from sandbox.bench.process import BenchError
from sandbox.bench.table import as_json, heading, line, notes

__all__ = [
    "MEASURES",
    "BenchError",
    "Figure",
    "Goal",
    "Machine",
    "Plan",
    "Samples",
    "alone",
    "as_json",
    "give_way",
    "heading",
    "line",
    "measure",
    "notes",
    "this_machine",
]
