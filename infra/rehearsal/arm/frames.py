"""The frame of an expression: its place, and its access to the template around it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from infra.rehearsal.values import Unknown, Value


@dataclass(frozen=True)
class UserFunction:
    """A function that the template itself defines."""

    parameters: tuple[str, ...]
    output: Value


class Surroundings(Protocol):
    """An expression's access to its template. All methods raise TemplateError."""

    def parameter(self, name: str) -> Value:
        """Return the value of a parameter."""

    def variable(self, name: str) -> Value:
        """Return the value of a variable."""

    def function(self, namespace: str, name: str) -> UserFunction | None:
        """Return a function that the template defines."""

    def read(self, reference: Value, full: bool, versioned: bool) -> Value:
        """Return the result of reference(): a resource's properties, or all of it."""

    def read_loop(self, symbol: Value, full: bool) -> Value:
        """Return the result of references(): each resource of a loop."""

    def listed(self, name: str, arguments: tuple[Value, ...]) -> Value:
        """Return the result of listKeys and its like."""

    def about(self, function: str) -> Value:
        """Return the result of deployment(), subscription(), resourceGroup() and the like."""

    def identifier(self, function: str, arguments: tuple[str, ...]) -> str:
        """Return the id that resourceId() and its like give."""

    def info(self, symbol: Value) -> Value:
        """Return the result of resourceInfo(): id, name, type and version of a resource."""


@dataclass(frozen=True)
class Frame:
    """The place of an expression: a template, and the loops and lambdas within it."""

    names: Surroundings
    where: str
    # The loop of the resource, and the number of each loop that is under way.
    loop: str = ""
    loops: Mapping[str, int | Unknown] = field(default_factory=dict)
    lambdas: Mapping[str, Value] = field(default_factory=dict)

    def within(self, **changes: Any) -> "Frame":
        """Return the same place, but for these."""
        return replace(self, **changes)


@dataclass(frozen=True)
class InFunction:
    """The frame of a template's own function: mainly its parameters."""

    outer: Surroundings
    given: Mapping[str, Value]

    def parameter(self, name: str) -> Value:
        """Return the value that the function was called with."""
        if name.lower() in self.given:
            return self.given[name.lower()]
        return self.outer.parameter(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outer, name)
