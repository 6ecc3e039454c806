"""Functions of arrays, many of which take texts or objects, too.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-array
"""

from collections.abc import Callable, Mapping
from typing import Any

from infra.rehearsal.arm.errors import RefusedError
from infra.rehearsal.arm.function import Function
from infra.rehearsal.arm.functions.texts import text_of
from infra.rehearsal.arm.written import shown

_ARRAYS = (
    "https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-array"
)
_MOST_OF_RANGE = 10_000


def same(one: Any, other: Any) -> bool:
    """Compare as equals() does: a truth is no number, and a number no text."""
    if one is other:
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def listed(value: Any) -> list[Any]:
    """Return an array. Raises TypeError for any other value."""
    if not isinstance(value, list):
        raise TypeError(f"{shown(value)} is no array")
    return value


def _concat(*values: Any) -> Any:
    if any(isinstance(each, list) for each in values):
        return [each for value in values for each in listed(value)]
    if any(isinstance(each, dict) for each in values):
        raise TypeError("an object is neither a text nor an array")
    return "".join(map(text_of, values))


def _flatten(values: Any) -> list[Any]:
    return [each for value in listed(values) for each in listed(value)]


def _first(value: Any) -> Any:
    return value[0] if value else ("" if isinstance(value, str) else None)


def _last(value: Any) -> Any:
    return value[-1] if value else ("" if isinstance(value, str) else None)


def _position(step: int) -> Callable[[Any, Any], int]:
    def work(value: Any, wanted: Any) -> int:
        if isinstance(value, str):
            lower, part = value.lower(), str(wanted).lower()
            return lower.find(part) if step > 0 else lower.rfind(part)
        places = [place for place, each in enumerate(listed(value)) if same(each, wanted)]
        return (places[0] if step > 0 else places[-1]) if places else -1

    return work


def _range(start: int, count: int) -> list[int]:
    if not 0 <= count <= _MOST_OF_RANGE:
        raise RefusedError(
            f"range() is to give {count} numbers: {_MOST_OF_RANGE} are the most", f"{_ARRAYS}#range"
        )
    return list(range(start, start + count))


def _from_end(value: Any, place: int) -> Any:
    if not 1 <= place <= len(listed(value)):
        raise RefusedError(f"an array of {len(value)} has no element {place} from its end", _ARRAYS)
    return value[-place]


def arrays_united(*values: Any) -> list[Any]:
    """union() of arrays: each element once. Raises TypeError."""
    found: list[Any] = []
    for each in (each for value in values for each in listed(value)):
        if not any(same(each, other) for other in found):
            found.append(each)
    return found


def arrays_intersected(*values: Any) -> list[Any]:
    """intersection() of arrays. Raises TypeError."""
    first, *others = map(listed, values)
    return arrays_united(
        [each for each in first if all(any(same(each, x) for x in other) for other in others)]
    )


ARRAYS: Mapping[str, Function] = {
    "array": Function(lambda value: value if isinstance(value, list) else [value], deep=False),
    "concat": Function(_concat, deep=False, textual=True),
    "createarray": Function(lambda *values: list(values), deep=False),
    "first": Function(_first, deep=False),
    "flatten": Function(_flatten, deep=False),
    "indexfromend": Function(_from_end, deep=False),
    "indexof": Function(_position(1)),
    "join": Function(
        lambda values, delimiter="": delimiter.join(map(text_of, listed(values))),
    ),
    "last": Function(_last, deep=False),
    "lastindexof": Function(_position(-1)),
    "length": Function(len, deep=False),
    "range": Function(_range),
    "skip": Function(lambda value, count: value[max(count, 0) :], deep=False),
    "take": Function(lambda value, count: value[: max(count, 0)], deep=False),
    "tryindexfromend": Function(
        lambda value, place: listed(value)[-place] if 1 <= place <= len(value) else None,
        deep=False,
    ),
}
