"""Functions that take a lambda.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-lambda
"""

from collections.abc import Callable, Mapping
from functools import cmp_to_key
from typing import Any

from infra.rehearsal.arm.errors import NotUnderstoodError, RefusedError
from infra.rehearsal.arm.evaluation import EXPRESSIONS, Evaluator, Special
from infra.rehearsal.arm.frames import Frame
from infra.rehearsal.arm.functions.numbers import truth
from infra.rehearsal.arm.syntax import Call, Literal, Node
from infra.rehearsal.arm.written import shown
from infra.rehearsal.values import Unknown, Value


class _UndecidedError(Exception):
    """The result depends on an unknown value."""

    def __init__(self, on: Unknown) -> None:
        super().__init__()
        self.on = on


Apply = Callable[..., Value]


def _applied(evaluator: Evaluator, frame: Frame, node: Node) -> tuple[Apply, int]:
    if not isinstance(node, Call) or node.name.lower() != "lambda" or not node.arguments:
        raise NotUnderstoodError("a lambda is missing")
    *given, body = node.arguments
    names = [str(each.value).lower() for each in given if isinstance(each, Literal)]

    def apply(*values: Value) -> Value:
        lambdas = {**frame.lambdas, **dict(zip(names, values, strict=False))}
        return evaluator.tree(body, frame.within(lambdas=lambdas))

    return apply, len(names)


def _decided(value: Value) -> bool:
    if isinstance(value, Unknown):
        raise _UndecidedError(value)
    try:
        return truth(value)
    except TypeError as error:
        raise NotUnderstoodError(f"a lambda gives {error}") from None


def _over(name: str, kind: type, work: Callable[..., Value]) -> Special:
    """Return a function of a collection and lambdas; `work` gets the elements and lambdas."""

    def special(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
        if len(nodes) < 2:
            raise NotUnderstoodError(f"{name}() is called with {len(nodes)} arguments")
        values = evaluator.tree(nodes[0], frame)
        if isinstance(values, Unknown):
            return evaluator.undecided(Call("", name, nodes), frame, values)
        if not isinstance(values, kind):
            raise NotUnderstoodError(f"{name}() cannot go through {shown(values)}")
        try:
            return work(values, *(_argument(evaluator, frame, each) for each in nodes[1:]))
        except _UndecidedError as error:
            return evaluator.undecided(Call("", name, nodes), frame, [values, error.on])

    return special


def _argument(evaluator: Evaluator, frame: Frame, node: Node) -> Any:
    if isinstance(node, Call) and node.name.lower() == "lambda":
        apply, count = _applied(evaluator, frame, node)
        return lambda *values: apply(*values[: max(count, 1)])
    return evaluator.tree(node, frame)


def _filter(values: list[Value], keeps: Apply) -> list[Value]:
    return [each for number, each in enumerate(values) if _decided(keeps(each, number))]


def _map(values: list[Value], made: Apply) -> list[Value]:
    return [made(each, number) for number, each in enumerate(values)]


def _reduce(values: list[Value], found: Value, joined: Apply) -> Value:
    for number, each in enumerate(values):
        found = joined(found, each, number)
    return found


def _sort(values: list[Value], before: Apply) -> list[Value]:
    def compare(one: Value, other: Value) -> int:
        if _decided(before(one, other)):
            return -1
        return 1 if _decided(before(other, one)) else 0

    return sorted(values, key=cmp_to_key(compare))


def _to_object(values: list[Value], key: Apply, made: Apply | None = None) -> dict[str, Value]:
    # A name that is unknown still has the one value that belongs to it.
    return {str(key(each)): made(each) if made else each for each in values}


def _map_values(values: dict[str, Value], made: Apply) -> dict[str, Value]:
    return {name: made(each) for name, each in values.items()}


def _group_by(values: list[Value], key: Apply) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for each in values:
        name = key(each)
        if isinstance(name, Unknown):
            raise _UndecidedError(name)
        found.setdefault(str(name), []).append(each)
    return found


def _variable(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    name = str(evaluator.tree(nodes[0], frame)) if nodes else ""
    if name.lower() not in frame.lambdas:
        raise RefusedError(f"no lambda around has the variable {name!r}", EXPRESSIONS)
    return frame.lambdas[name.lower()]


LAMBDAS: Mapping[str, Special] = {
    "filter": _over("filter", list, _filter),
    "groupby": _over("groupBy", list, _group_by),
    "lambdavariables": _variable,
    "map": _over("map", list, _map),
    "mapvalues": _over("mapValues", dict, _map_values),
    "reduce": _over("reduce", list, _reduce),
    "sort": _over("sort", list, _sort),
    "toobject": _over("toObject", list, _to_object),
}
