"""Measurements of this machine, each with its baseline, spread and goal."""

from bench.alone import alone, give_way
from bench.figures import Figure, Goal, Samples
from bench.machine import Machine, this_machine
from bench.measures import MEASURES, measure
from bench.plan import Plan
from bench.process import BenchError
from bench.table import as_json, heading, line, notes

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
