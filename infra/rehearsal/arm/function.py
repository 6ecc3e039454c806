"""The form of the template language's functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.rehearsal.values import Value


@dataclass(frozen=True)
class Function:
    """A function that needs nothing but its arguments.

    `deep` if an unknown value anywhere in an argument makes the result unknown; otherwise only an
    argument that is unknown as a whole does. `textual` if the result is a text with the arguments
    in it, so that a part of it can be known; `compares` if it looks into all of their contents.
    """

    work: Callable[..., Value]
    deep: bool = True
    textual: bool = False
    compares: bool = False


class Open(dict[str, Any]):
    """An object of which only a part is known: each property that is missing is unknown."""

    def __init__(self, expression: str, known: Mapping[str, Value]) -> None:
        super().__init__(known)
        self.expression = expression
