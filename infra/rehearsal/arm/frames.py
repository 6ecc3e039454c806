"""Where an expression stands, and what it may ask of the template around it."""

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
    """What an expression may ask of the template that it stands in. All raise TemplateError."""

    def parameter(self, name: str) -> Value:
        """The value of a parameter."""

    def variable(self, name: str) -> Value:
        """The value of a variable."""

    def function(self, namespace: str, name: str) -> UserFunction | None:
        """A function that the template defines."""

    def read(self, reference: Value, full: bool, versioned: bool) -> Value:
        """What reference() gives of a resource: its properties, or all of it."""

    def read_loop(self, symbol: Value, full: bool) -> Value:
        """What references() gives: each resource of a loop."""

    def listed(self, name: str, arguments: tuple[Value, ...]) -> Value:
        """Return what listKeys and its like give."""

    def about(self, function: str) -> Value:
        """What deployment(), subscription(), resourceGroup() and their like give."""

    def identifier(self, function: str, arguments: tuple[str, ...]) -> str:
        """The id that resourceId() and its like give."""

    def info(self, symbol: Value) -> Value:
        """What resourceInfo() gives: id, name, type and version of a resource of the template."""


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
        """The same place, but for these."""
        return replace(self, **changes)


@dataclass(frozen=True)
class InFunction:
    """The surroundings of what a function of the template gives: its own parameters, above all."""

    outer: Surroundings
    given: Mapping[str, Value]

    def parameter(self, name: str) -> Value:
        """The value that the function was called with."""
        if name.lower() in self.given:
            return self.given[name.lower()]
        return self.outer.parameter(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outer, name)
