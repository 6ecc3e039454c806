"""Evaluation of expressions, as far as it is possible before a deployment."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from infra.rehearsal.arm.budget import Budget
from infra.rehearsal.arm.errors import NotUnderstoodError, RefusedError, TemplateError, TooMuchError
from infra.rehearsal.arm.frames import Frame, InFunction
from infra.rehearsal.arm.function import Function, Open
from infra.rehearsal.arm.syntax import (
    Access,
    Call,
    Literal,
    Node,
    is_expression,
    parse,
    unescaped,
    write,
)
from infra.rehearsal.arm.written import call_written, shown
from infra.rehearsal.values import Unknown, Value

EXPRESSIONS = "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-invalid-template"
# The greatest number of turns of a loop;
# https://learn.microsoft.com/azure/azure-resource-manager/templates/copy-resources#copy-limits
COPIES = "https://learn.microsoft.com/azure/azure-resource-manager/templates/copy-resources"
_MOST_COPIES = 800


Special: TypeAlias = Callable[["Evaluator", Frame, tuple[Node, ...]], Value]
Report: TypeAlias = Callable[[str, str, TemplateError], None]


class Evaluator:
    """Evaluates values within a budget; calls `report` for each without one, which is then unknown.

    Its methods raise TooMuchError, and those that take a tree TemplateError.
    """

    def __init__(
        self,
        functions: Mapping[str, Function],
        specials: Mapping[str, Special],
        budget: Budget,
        report: Report,
    ) -> None:
        self.budget = budget
        self._functions = functions
        self._specials = specials
        self._report = report
        # Loops call one function with the same arguments at each turn.
        self._called: dict[tuple[object, ...], tuple[Value, object]] = {}

    def value(self, value: Value, frame: Frame) -> Value:
        """Evaluate JSON with all its expressions."""
        self.budget.spend()
        if isinstance(value, str):
            return self._text(value, frame) if is_expression(value) else unescaped(value)
        if not isinstance(value, dict | list):
            return value
        self.budget.enter()
        try:
            if isinstance(value, dict):
                return self._object(value, frame)
            return [self.value(each, frame) for each in value]
        finally:
            self.budget.leave()

    def tree(self, node: Node, frame: Frame) -> Value:
        """Evaluate a part of an expression."""
        self.budget.spend()
        if isinstance(node, Literal):
            return node.value
        self.budget.enter()
        try:
            found = self._call(node, frame) if isinstance(node, Call) else self._access(node, frame)
        finally:
            self.budget.leave()
        self.budget.sized(found)
        return found

    def unknown(self, name: str, arguments: tuple[Value, ...], text: str = "") -> Unknown:
        """Return the value of a call whose arguments are not all known."""
        return Unknown(
            call_written(name, arguments, self.budget), self.referred(arguments), text=text
        )

    def undecided(self, node: Node, frame: Frame, on: Value) -> Unknown:
        """Return the value of an expression that depends on `on`, which is unknown."""
        here = (frame.where, dict(frame.loops), dict(frame.lambdas))
        place = call_written("in", here, self.budget)
        return Unknown(f"{write(node)} {place}", self.referred(on))

    def knows(self, value: Value) -> bool:
        """Return whether nothing in a value is unknown."""
        return next(self._unknowns(value), None) is None

    def referred(self, value: Value) -> frozenset[str]:
        """Return the ids of all that Azure reads for a value."""
        return frozenset[str]().union(*(each.refers_to for each in self._unknowns(value)))

    def call(self, name: str, arguments: tuple[Value, ...]) -> Value:
        """Call a function that needs nothing but its arguments."""
        function = self._functions.get(name.lower())
        if function is None:
            raise NotUnderstoodError(f"the function {name}() is not known here")
        whole = self.knows(arguments) if function.deep or function.compares else False
        if whole or not (function.deep or any(isinstance(each, Unknown) for each in arguments)):
            return self._worked(name, function, arguments)
        text = ""
        if function.textual and all(isinstance(each, str | Unknown | int) for each in arguments):
            told = tuple(str(each) if isinstance(each, Unknown) else each for each in arguments)
            text = str(self._worked(name, function, told))
        return self.unknown(name, arguments, text)

    def loop(self, copy: Mapping[str, Any], frame: Frame) -> range | Unknown:
        """Return the turns of a loop; unknown where their number is."""
        count = self.value(copy.get("count", 0), frame)
        if isinstance(count, Unknown):
            return count
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= _MOST_COPIES:
            raise RefusedError(
                f"the loop {copy.get('name', '')!r} has the count {shown(count)}: it must be a"
                f" number from 0 to {_MOST_COPIES}",
                COPIES,
            )
        return range(count)

    def _unknowns(self, value: Value) -> Iterator[Unknown]:
        waiting = [value]
        while waiting:
            each = waiting.pop()
            self.budget.spend()
            if isinstance(each, Unknown):
                yield each
            elif isinstance(each, dict):
                waiting += each.values()
            elif isinstance(each, list | tuple):
                waiting += each

    def _text(self, text: str, frame: Frame) -> Value:
        try:
            return self.tree(parse(text), frame)
        except TooMuchError:
            raise
        except TemplateError as error:
            self._report(frame.where, text, error)
            return Unknown(call_written("invalid", (text, frame.where), self.budget))

    def _object(self, given: Mapping[str, Any], frame: Frame) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for key, each in given.items():
            if key.lower() == "copy" and _is_loops(each):
                for copy in each:
                    found[str(copy["name"])] = self._copied(copy, frame)
            else:
                name = self.value(key, frame) if is_expression(key) else unescaped(key)
                found[str(name)] = self.value(each, frame)
        return found

    def _copied(self, copy: Mapping[str, Any], frame: Frame) -> Value:
        name = str(copy["name"])
        try:
            turns = self.loop(copy, frame)
        except RefusedError as error:
            self._report(frame.where, name, error)
            turns = Unknown(call_written("invalid", (name, frame.where), self.budget))
        if isinstance(turns, Unknown):
            return self.unknown("copy", (name, frame.where, turns))
        return [
            self.value(copy.get("input"), frame.within(loops={**frame.loops, name.lower(): turn}))
            for turn in turns
        ]

    def _call(self, node: Call, frame: Frame) -> Value:
        if node.namespace:
            return self._call_of_template(node, frame)
        special = self._specials.get(node.name.lower())
        if special is None and node.name.lower().startswith("list"):
            special = self._specials["list*"]
            return special(self, frame, (Literal(node.name), *node.arguments))
        if special is not None:
            return special(self, frame, node.arguments)
        return self.call(node.name, tuple(self.tree(each, frame) for each in node.arguments))

    def _call_of_template(self, node: Call, frame: Frame) -> Value:
        made = frame.names.function(node.namespace, node.name)
        name = f"{node.namespace}.{node.name}"
        if made is None:
            raise RefusedError(f"there is no function {name}()", EXPRESSIONS)
        given = tuple(self.tree(each, frame) for each in node.arguments)
        if len(given) != len(made.parameters):
            raise RefusedError(f"{name}() takes {len(made.parameters)} arguments", EXPRESSIONS)
        key = (id(frame.names), name, *map(_same_object, given))
        if key not in self._called:
            names = dict(zip((each.lower() for each in made.parameters), given, strict=True))
            inner = Frame(InFunction(frame.names, names), frame.where)
            # What the key names by its address must not be replaced by something else there.
            self._called[key] = self.value(made.output, inner), (frame.names, given)
        return self._called[key][0]

    def _worked(self, name: str, function: Function, arguments: tuple[Value, ...]) -> Value:
        self.budget.spend(sum(len(each) for each in arguments if isinstance(each, list | str)) // 8)
        try:
            return function.work(*arguments)
        except TemplateError:
            raise
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
            given = call_written(name, arguments, self.budget)[:200]
            raise NotUnderstoodError(f"{given} cannot be worked out: {error}") from None

    def _access(self, node: Access, frame: Frame) -> Value:
        base, key = self.tree(node.base, frame), self.tree(node.key, frame)
        return self.part(base, key, node.safe)

    def part(self, base: Value, key: Value, safe: bool = False) -> Value:
        """Return a property or an array element; null for a missing one if `safe`."""
        if isinstance(base, Unknown):
            return _part_of_unknown(base, key)
        if isinstance(key, Unknown):
            return self.unknown("getProperty", (base, key))
        if isinstance(base, list) and isinstance(key, int) and -1 < key < len(base):
            return base[key]
        if isinstance(base, dict) and isinstance(key, str):
            if (name := _name_in(base, key)) is not None:
                return base[name]
            if isinstance(base, Open):
                return Unknown(f"{base.expression}.{key}", path=(key,))
        if safe:
            return None
        raise RefusedError(_missing(base, key), EXPRESSIONS)


def _same_object(value: Value) -> tuple[object, ...]:
    return (id(value),) if isinstance(value, dict | list) else (type(value), value)


def _is_loops(value: Value) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, dict) and {"name", "count", "input"} <= set(each) for each in value
    )


def _name_in(base: Mapping[str, Value], key: str) -> str | None:
    if key in base:
        return key
    return next((each for each in base if each.lower() == key.lower()), None)


def _part_of_unknown(base: Unknown, key: Value) -> Unknown:
    if not isinstance(key, str):
        text = key.expression if isinstance(key, Unknown) else str(key)
        return Unknown(
            f"{base.expression}[{text}]", base.refers_to | getattr(key, "refers_to", frozenset())
        )
    path = (*base.path, key) if base.of else ()
    return Unknown(f"{base.expression}.{key}", base.refers_to, base.of, path)


def _missing(base: Value, key: Value) -> str:
    if isinstance(base, dict):
        there = ", ".join(map(str, list(base)[:12])) or "none"
        return f"an object has no property {shown(key)}; its properties are: {there}"
    if isinstance(base, list):
        return f"an array of {len(base)} elements has no element {shown(key)}"
    return f"{shown(base)} is neither an object nor an array, and has no {shown(key)}"
