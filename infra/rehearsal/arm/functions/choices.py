"""Functions that leave some of their arguments alone, or know more of an unknown one.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-logical
"""

from collections.abc import Mapping
from typing import NoReturn

from infra.rehearsal.arm.errors import NotUnderstoodError, RefusedError
from infra.rehearsal.arm.evaluation import Evaluator, Special
from infra.rehearsal.arm.frames import Frame
from infra.rehearsal.arm.functions.arrays import same
from infra.rehearsal.arm.functions.numbers import truth
from infra.rehearsal.arm.syntax import Call, Node
from infra.rehearsal.arm.written import shown
from infra.rehearsal.values import Unknown, Value, known_part

_FAIL = (
    "https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-flow-control"
)


def given(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> tuple[Value, ...]:
    """Evaluate all arguments. Raises TemplateError."""
    return tuple(evaluator.tree(each, frame) for each in nodes)


def arguments(nodes: tuple[Node, ...], fewest: int, most: int | None = None) -> None:
    """Raise NotUnderstoodError unless there are as many arguments as a function takes."""
    if not fewest <= len(nodes) <= (fewest if most is None else most):
        raise NotUnderstoodError(f"a function is called with {len(nodes)} arguments")


def _truth(value: Value) -> bool:
    try:
        return truth(value)
    except TypeError as error:
        raise NotUnderstoodError(str(error)) from None


def _if(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    arguments(nodes, 3)
    condition = evaluator.tree(nodes[0], frame)
    if isinstance(condition, Unknown):
        return evaluator.undecided(Call("", "if", nodes), frame, condition)
    return evaluator.tree(nodes[1] if _truth(condition) else nodes[2], frame)


def _all(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    return _until(evaluator, frame, nodes, "and", decisive=False)


def _any(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    return _until(evaluator, frame, nodes, "or", decisive=True)


def _until(
    evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...], name: str, decisive: bool
) -> Value:
    seen: list[Value] = []
    for each in nodes:
        value = evaluator.tree(each, frame)
        if not isinstance(value, Unknown) and _truth(value) is decisive:
            return decisive
        seen.append(value)
    left = tuple(each for each in seen if isinstance(each, Unknown))
    if len(left) == 1:
        return left[0]
    return evaluator.unknown(name, left) if left else not decisive


def _coalesce(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    for number, each in enumerate(nodes):
        value = evaluator.tree(each, frame)
        if isinstance(value, Unknown) and not known_part(value):
            rest = Call("", "coalesce", nodes[number:])
            return evaluator.undecided(rest, frame, value)
        if value is not None:
            return value
    return None


def _equals(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    arguments(nodes, 2)
    one, other = given(evaluator, frame, nodes)
    known = evaluator.knows((one, other))
    alike = same(one, other)
    return alike if known or alike else evaluator.unknown("equals", (one, other))


def _empty(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    arguments(nodes, 1)
    (value,) = given(evaluator, frame, nodes)
    if isinstance(value, Unknown):
        return False if known_part(value) else evaluator.unknown("empty", (value,))
    return value is None or (isinstance(value, str | list | dict) and not value)


def _contains(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    arguments(nodes, 2)
    container, wanted = given(evaluator, frame, nodes)
    if isinstance(container, dict) and not isinstance(wanted, Unknown):
        return str(wanted).lower() in {each.lower() for each in container}
    known = evaluator.knows((container, wanted))
    if isinstance(container, list) and any(same(each, wanted) for each in container):
        return True
    if not known:
        return evaluator.unknown("contains", (container, wanted))
    if isinstance(container, str):
        return str(wanted) in container
    if isinstance(container, list):
        return False
    raise NotUnderstoodError(f"contains() cannot look into {shown(container)}")


def _try_get(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    value, *keys = given(evaluator, frame, nodes)
    for each in keys:
        value = evaluator.part(value, each, safe=True)
        if value is None:
            return None
    return value


def _create_object(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> Value:
    if len(nodes) % 2:
        raise NotUnderstoodError("createObject() takes names and values in pairs")
    found = given(evaluator, frame, nodes)
    return {str(name): value for name, value in zip(found[::2], found[1::2], strict=True)}


def _fail(evaluator: Evaluator, frame: Frame, nodes: tuple[Node, ...]) -> NoReturn:
    said = ", ".join(str(each) for each in given(evaluator, frame, nodes))
    raise RefusedError(f"the template itself fails: {said}", _FAIL)


CHOICES: Mapping[str, Special] = {
    "and": _all,
    "coalesce": _coalesce,
    "contains": _contains,
    "createobject": _create_object,
    "empty": _empty,
    "equals": _equals,
    "fail": _fail,
    "if": _if,
    "or": _any,
    "tryget": _try_get,
}
