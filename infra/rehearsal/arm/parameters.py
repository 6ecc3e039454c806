"""Validation of parameter values.

https://learn.microsoft.com/azure/azure-resource-manager/templates/parameters
"""

from collections.abc import Callable, Mapping
from typing import Any

from infra.rehearsal.arm.written import shown
from infra.rehearsal.values import Unknown, Value

PARAMETERS = "https://learn.microsoft.com/azure/azure-resource-manager/templates/parameters"
_DEEPEST_TYPE = 20
_TYPES: Mapping[str, Callable[[Value], bool]] = {
    "string": lambda value: isinstance(value, str),
    "securestring": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "secureobject": lambda value: isinstance(value, dict),
}


def resolved(definition: Value, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a definition together with the types that it refers to."""
    found: dict[str, Any] = dict(definition) if isinstance(definition, dict) else {}
    for _ in range(_DEEPEST_TYPE):
        reference = found.pop("$ref", None)
        if not isinstance(reference, str):
            break
        base = definitions.get(reference.rpartition("/")[2])
        found = {**(base if isinstance(base, dict) else {}), **found}
    return found


def fault(value: Value, definition: Mapping[str, Any]) -> str | None:
    """Return why a parameter refuses a value, as the end of a sentence; None if it does not."""
    if isinstance(value, Unknown) or (value is None and definition.get("nullable") is True):
        return None
    kind = str(definition.get("type", "")).lower()
    if kind in _TYPES and not _TYPES[kind](value):
        return f"takes a value of the type {kind}, and not {shown(value)}"
    allowed = definition.get("allowedValues")
    if isinstance(allowed, list) and not _is_allowed(value, allowed):
        return f"takes one of {shown(', '.join(map(str, allowed)))}, and not {shown(value)}"
    return _out_of_bounds(value, definition)


def _is_allowed(value: Value, allowed: list[Any]) -> bool:
    # Of an array each element counts; texts are compared without regard to case.
    if isinstance(value, list):
        return value in allowed or all(_is_allowed(each, allowed) for each in value)
    if isinstance(value, str):
        return value.lower() in {each.lower() for each in allowed if isinstance(each, str)}
    return isinstance(value, Unknown) or value in allowed


def _out_of_bounds(value: Value, definition: Mapping[str, Any]) -> str | None:
    bounds = (definition.get("minLength"), definition.get("maxLength"))
    measure, unit = (len(value), " long") if isinstance(value, str | list) else (value, "")
    if not unit:
        bounds = (definition.get("minValue"), definition.get("maxValue"))
    if not isinstance(measure, int) or isinstance(measure, bool):
        return None
    least, most = (each if isinstance(each, int) else None for each in bounds)
    if least is not None and measure < least:
        return f"takes nothing below {least}{unit}, and {shown(value)} is {measure}{unit}"
    if most is not None and measure > most:
        return f"takes nothing above {most}{unit}, and {shown(value)} is {measure}{unit}"
    return None
