"""Functions of objects.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-object
"""

from collections.abc import Mapping
from typing import Any

from infra.rehearsal.arm.function import Function
from infra.rehearsal.arm.functions.arrays import arrays_intersected, arrays_united, same
from infra.rehearsal.arm.written import shown


def _object_of(value: Any) -> dict[str, Any]:
    """Return an object. Raises TypeError for any other value."""
    if not isinstance(value, dict):
        raise TypeError(f"{shown(value)} is no object")
    return value


def _merged(one: dict[str, Any], other: dict[str, Any], deep: bool) -> dict[str, Any]:
    found = dict(one)
    names = {each.lower(): each for each in found}
    for name, value in other.items():
        key = names.get(name.lower(), name)
        before = found.get(key)
        if deep and isinstance(before, dict) and isinstance(value, dict):
            found[key] = _merged(before, value, deep)
        else:
            found[key] = value
    return found


def _union(*values: Any) -> Any:
    if isinstance(values[0], list):
        return arrays_united(*values)
    found: dict[str, Any] = {}
    for each in values:
        found = _merged(found, _object_of(each), deep=True)
    return found


def _shallow_merge(values: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in values:
        found = _merged(found, _object_of(each), deep=False)
    return found


def _intersection(*values: Any) -> Any:
    if isinstance(values[0], list):
        return arrays_intersected(*values)
    first, *others = map(_object_of, values)
    return {
        key: value
        for key, value in first.items()
        if all(key in other and same(value, other[key]) for other in others)
    }


def _items(value: Any) -> list[dict[str, Any]]:
    return [{"key": key, "value": each} for key, each in sorted(_object_of(value).items())]


OBJECTS: Mapping[str, Function] = {
    "intersection": Function(_intersection),
    "items": Function(_items, deep=False),
    "objectkeys": Function(lambda value: sorted(_object_of(value)), deep=False),
    "shallowmerge": Function(_shallow_merge, deep=False),
    "union": Function(_union, deep=False, compares=True),
}
