"""Functions of numbers and truths.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-numeric
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from infra.rehearsal.arm.errors import RefusedError
from infra.rehearsal.arm.function import Function
from infra.rehearsal.arm.written import shown

_NUMERIC = (
    "https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-numeric"
)
_LOGICAL = (
    "https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-logical"
)
_LARGEST = 2**63


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{shown(value)} is no number")
    return value


def _whole(value: Any) -> int:
    found = int(_number(value))
    if not -_LARGEST <= found < _LARGEST:
        raise ValueError("a number is larger than 64 bits hold")
    return found


def _divided(one: Any, other: Any) -> int:
    if not _whole(other):
        raise RefusedError("div() is to divide by 0", f"{_NUMERIC}#div")
    return math.trunc(_whole(one) / _whole(other)) if abs(one) < 2**53 else _whole(one) // other


def _remainder(one: Any, other: Any) -> int:
    if not _whole(other):
        raise RefusedError("mod() is to divide by 0", f"{_NUMERIC}#mod")
    return int(math.fmod(_whole(one), _whole(other)))


def _to_int(value: Any) -> int:
    return _whole(int(value)) if isinstance(value, str) else _whole(value)


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value != 0
    if not isinstance(value, str) or value.lower() not in {"true", "false", "1", "0"}:
        raise RefusedError(f"bool() cannot take {shown(value)}", f"{_LOGICAL}#bool")
    return value.lower() in {"true", "1"}


def truth(value: Any) -> bool:
    """Return a boolean operand or condition. Raises TypeError."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise TypeError(f"{shown(value)} is neither true nor false")


def _extreme(choose: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def work(*values: Any) -> Any:
        given = values[0] if len(values) == 1 and isinstance(values[0], list) else list(values)
        return choose([_number(each) for each in given])

    return work


def _comparison(holds: Callable[[Any, Any], bool]) -> Function:
    def work(one: Any, other: Any) -> bool:
        if isinstance(one, str) and isinstance(other, str):
            return holds(one, other)
        return holds(_number(one), _number(other))

    return Function(work)


NUMBERS: Mapping[str, Function] = {
    "add": Function(lambda one, other: _whole(_whole(one) + _whole(other))),
    "bool": Function(_to_bool),
    "div": Function(_divided),
    "false": Function(lambda: False),
    "float": Function(float),
    "greater": _comparison(lambda one, other: one > other),
    "greaterorequals": _comparison(lambda one, other: one >= other),
    "int": Function(_to_int),
    "less": _comparison(lambda one, other: one < other),
    "lessorequals": _comparison(lambda one, other: one <= other),
    "max": Function(_extreme(max)),
    "min": Function(_extreme(min)),
    "mod": Function(_remainder),
    "mul": Function(lambda one, other: _whole(_whole(one) * _whole(other))),
    "not": Function(lambda value: not truth(value)),
    "null": Function(lambda: None),
    "sub": Function(lambda one, other: _whole(_whole(one) - _whole(other))),
    "true": Function(lambda: True),
    "xor": Function(lambda one, other: truth(one) != truth(other)),
}
