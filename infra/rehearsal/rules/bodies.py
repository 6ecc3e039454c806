"""Read the bodies of a template, where every value may be one that only Azure knows."""

from collections.abc import Mapping, Sequence

from infra.rehearsal.plan import Unknown, Value


def inside(value: Value, *path: str) -> Value:
    """Follow a path of keys, whatever their case; None or an Unknown where it ends."""
    for key in path:
        if isinstance(value, Unknown):
            return value
        if not isinstance(value, Mapping):
            return None
        value = next((each for name, each in value.items() if _is(name, key)), None)
    return value


def entries(value: Value, *path: str) -> Sequence[Mapping[str, Value]]:
    """Return the objects of a list within a value; none where it is unknown or something else."""
    found = inside(value, *path)
    if not isinstance(found, list | tuple):
        return ()
    return [each for each in found if isinstance(each, Mapping)]


def text(value: Value, *path: str) -> str | None:
    """Return a text within a value, unless it is unknown, empty or something else."""
    found = inside(value, *path)
    return found if isinstance(found, str) and found else None


def number(value: Value, *path: str) -> int | None:
    """Return a whole number within a value, unless it is unknown or something else."""
    found = inside(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def is_true(value: Value, *path: str) -> bool:
    """Return whether a value within a value is true, and not merely unknown."""
    return inside(value, *path) is True


def text_of(value: Value) -> str | None:
    """Return a comparable value: a lower-case text, or the expression of an unknown one."""
    if isinstance(value, Unknown):
        return value.expression
    return value.lower() if isinstance(value, str) and value else None


def _is(name: object, key: str) -> bool:
    return isinstance(name, str) and name.lower() == key.lower()
