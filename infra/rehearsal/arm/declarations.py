"""The declarations of a template: parameters, variables and functions."""

from collections.abc import Callable, Mapping
from typing import Any

from infra.rehearsal.arm.errors import RefusedError
from infra.rehearsal.arm.evaluation import EXPRESSIONS
from infra.rehearsal.arm.frames import Frame, UserFunction
from infra.rehearsal.arm.parameters import PARAMETERS, fault, resolved
from infra.rehearsal.arm.work import Work
from infra.rehearsal.values import Unknown, Value

_ABSENT = object()


class Declarations:
    """The named values of a template, each evaluated at its first use.

    `frame` is where their expressions stand, and `given` the values of parameters. A parameter of
    the outermost template that has no value is one that the deployer is asked for.
    """

    def __init__(
        self,
        raw: Mapping[str, Any],
        work: Work,
        frame: Frame,
        given: Mapping[str, Value],
        outermost: bool,
    ) -> None:
        self._raw = raw
        self._work = work
        self._frame = frame
        self._given = {name.lower(): each for name, each in given.items()}
        self._outermost = outermost
        self._known: dict[tuple[str, str], Value] = {}
        self._under_way: set[tuple[str, str]] = set()

    def parameter(self, name: str) -> Value:
        """Return the value of a parameter. Raises TemplateError."""
        declared = named(as_object(self._raw.get("parameters")), name)
        if declared is None:
            raise RefusedError(f"there is no parameter {name!r}", PARAMETERS)
        return self._once("parameter", name, lambda: self._parameter(name, declared))

    def variable(self, name: str) -> Value:
        """Return the value of a variable. Raises TemplateError."""
        return self._once("variable", name, lambda: self._variable(name))

    def function(self, namespace: str, name: str) -> UserFunction | None:
        """Return a function that the template defines."""
        for each in map(as_object, _as_list(self._raw.get("functions"))):
            made = as_object(named(as_object(each.get("members")), name))
            if made and str(each.get("namespace", "")).lower() == namespace.lower():
                given = map(as_object, _as_list(made.get("parameters")))
                names = tuple(str(one.get("name", "")) for one in given)
                return UserFunction(names, as_object(made.get("output")).get("value"))
        return None

    def _once(self, kind: str, name: str, work: Callable[[], Value]) -> Value:
        key = (kind, name.lower())
        if key in self._known:
            return self._known[key]
        if key in self._under_way:
            raise RefusedError(f"the {kind} {name!r} refers to itself", EXPRESSIONS)
        self._under_way.add(key)
        try:
            self._known[key] = work()
        finally:
            self._under_way.discard(key)
        return self._known[key]

    def _parameter(self, name: str, declared: Value) -> Value:
        definition = resolved(declared, as_object(self._raw.get("definitions")))
        value = self._given.get(name.lower())
        if value is None and "defaultValue" in definition:
            value = self._value(definition["defaultValue"], f"parameter {name}")
        elif value is None and name.lower() not in self._given:
            value = None if definition.get("nullable") is True else self._missing(name)
        if why := fault(value, definition):
            error = RefusedError(f"the parameter {name!r} {why}", PARAMETERS)
            self._work.refuse(self._frame.where, error)
        return value

    def _missing(self, name: str) -> Value:
        if self._outermost:
            self._work.note(f"the parameter {name!r} is given no value: the deployer is asked")
        else:
            error = RefusedError(f"the parameter {name!r} is given no value", PARAMETERS)
            self._work.refuse(self._frame.where, error)
        return Unknown(f"parameters('{name}') of {self._frame.where}")

    def _variable(self, name: str) -> Value:
        variables = as_object(self._raw.get("variables"))
        found = named(variables, name, _ABSENT)
        if found is not _ABSENT:
            return self._value(found, f"variable {name}")
        for copy in map(as_object, _as_list(variables.get("copy"))):
            if str(copy.get("name", "")).lower() == name.lower():
                return next(iter(self._value({"copy": [copy]}, f"variable {name}").values()))
        raise RefusedError(f"there is no variable {name!r}", EXPRESSIONS)

    def _value(self, value: Value, what: str) -> Value:
        frame = self._frame.within(where=f"{self._frame.where}, {what}")
        return self._work.evaluator.value(value, frame)


def as_object(value: Value) -> Mapping[str, Any]:
    """Return an object, or an empty one in the place of something else."""
    return value if isinstance(value, Mapping) else {}


def _as_list(value: Value) -> list[Any]:
    """Return an array, or an empty one in the place of something else."""
    return value if isinstance(value, list) else []


def named(found: Mapping[str, Any], name: str, missing: Any = None) -> Any:
    """Return the value under a name, ignoring case."""
    if name in found:
        return found[name]
    return next((each for key, each in found.items() if key.lower() == name.lower()), missing)
