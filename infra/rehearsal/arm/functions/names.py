"""Functions that look up a name: parameters, variables, and the turn of a loop."""

from collections.abc import Mapping

from infra.rehearsal.arm.errors import NotUnderstoodError, RefusedError
from infra.rehearsal.arm.evaluation import COPIES, Evaluator, Special
from infra.rehearsal.arm.frames import Frame
from infra.rehearsal.arm.functions.choices import given
from infra.rehearsal.arm.syntax import Node
from infra.rehearsal.arm.written import shown
from infra.rehearsal.values import Unknown, Value


def _named(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> str:
    values = given(evaluator, frame, nodes)
    if len(values) != 1 or not isinstance(values[0], str):
        raise NotUnderstoodError(
            "a parameter or a variable is asked for by something else than a name"
        )
    return values[0]


def _parameter(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    return frame.names.parameter(_named(evaluator, frame, nodes))


def _variable(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    return frame.names.variable(_named(evaluator, frame, nodes))


def _copy_index(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    values = list(given(evaluator, frame, nodes))
    name = values.pop(0).lower() if values and isinstance(values[0], str) else _only_loop(frame)
    if name not in frame.loops:
        raise RefusedError(f"copyIndex() is called outside of the loop {name!r}", COPIES)
    number = frame.loops[name]
    offset = values[0] if values else 0
    if isinstance(number, Unknown) or isinstance(offset, Unknown):
        return evaluator.unknown("add", (number, offset)) if offset else number
    if not isinstance(offset, int):
        raise NotUnderstoodError(f"copyIndex() is called with {shown(offset)}")
    return number + offset


def _only_loop(frame: Frame) -> str:
    if frame.loop or len(frame.loops) != 1:
        return frame.loop
    return next(iter(frame.loops))


NAMES: Mapping[str, Special] = {
    "copyindex": _copy_index,
    "parameters": _parameter,
    "variables": _variable,
}
