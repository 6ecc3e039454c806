"""Values as the expressions that stand for them: two that are written alike are alike."""

import hashlib
from collections.abc import Sequence

from infra.rehearsal.arm.budget import Budget
from infra.rehearsal.values import Unknown, Value

_LONGEST = 600


def written(value: Value, budget: Budget) -> str:
    """Write a value as an expression; a long one ends in a digest of the rest."""
    text = "".join(_pieces(value, budget))
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}... {hashlib.sha256(text.encode()).hexdigest()[:16]}"


def call_written(name: str, arguments: tuple[Value, ...], budget: Budget) -> str:
    """Write a call with its arguments worked out."""
    return f"{name}({', '.join(written(each, budget) for each in arguments)})"


def shown(value: Value) -> str:
    """Show a value in a message: a short one as its text, any other by its kind."""
    match value:
        case Unknown():
            return f"the unknown {value.expression[:60]}"
        case dict():
            return "an object"
        case list():
            return "an array"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _pieces(value: Value, budget: Budget) -> list[str]:
    budget.spend()
    match value:
        case Unknown():
            return [value.expression]
        case str():
            return ["'", value.replace("'", "''"), "'"]
        case dict():
            return _call("createObject", [each for pair in value.items() for each in pair], budget)
        case list() | tuple():
            return _call("createArray", value, budget)
    return ["null()" if value is None else str(value).lower()]


def _call(name: str, arguments: Sequence[Value], budget: Budget) -> list[str]:
    pieces = [name, "("]
    for number, each in enumerate(arguments):
        pieces += [", "] if number else []
        pieces += _pieces(each, budget)
    return [*pieces, ")"]
