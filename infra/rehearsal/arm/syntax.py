"""The grammar of template expressions, and the trees that they are read into.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeAlias

from lark import Lark, LarkError, Transformer, v_args

from infra.rehearsal.arm.errors import NotUnderstoodError, TooMuchError

_GRAMMAR = r"""
    start: value
    ?value: call | access | text | number
    call: NAME "(" [value ("," value)*] ")"              -> plain_call
        | NAME "." NAME "(" [value ("," value)*] ")"     -> named_call
    access: value "." NAME        -> property
          | value ".?" NAME       -> safe_property
          | value "[" value "]"   -> index
          | value "[?" value "]"  -> safe_index
    text: /'(?:[^']|'')*'/
    number: /-?\d+(?:\.\d+)?/
    NAME: /[A-Za-z_$][A-Za-z0-9_$]*/
    %ignore /\s+/
"""

# Deeper than what people and compilers write, and shallow enough for Python's own stack.
_DEEPEST = 100


@dataclass(frozen=True)
class Literal:
    """A text or a number."""

    value: str | int | float
    depth: int = 1


@dataclass(frozen=True)
class Call:
    """A function with its arguments; `namespace` is empty for those that come with templates."""

    namespace: str
    name: str
    arguments: tuple["Node", ...]
    depth: int = 1


@dataclass(frozen=True)
class Access:
    """A property of an object or an element of an array; if `safe`, null where there is none."""

    base: "Node"
    key: "Node"
    safe: bool
    depth: int = 1


Node: TypeAlias = Literal | Call | Access


def is_expression(text: str) -> bool:
    """Tell an expression from text: it stands in brackets, and two of them escape the first."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def unescaped(text: str) -> str:
    """Return the text that is meant by one that is no expression."""
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


@lru_cache(maxsize=8192)
def parse(text: str) -> Node:
    """Read an expression, brackets included. Raises NotUnderstoodError and TooMuchError."""
    try:
        tree: Node = _parser().parse(text[1:-1])  # type: ignore[assignment]
    except LarkError as error:
        cause = getattr(error, "orig_exc", None)
        if isinstance(cause, TooMuchError):
            raise cause from None
        raise NotUnderstoodError("it is no expression that can be read") from None
    return tree


def write(node: Node) -> str:
    """Write a tree as the expression that it was read from, without brackets."""
    match node:
        case Literal(str() as value):
            return "'" + value.replace("'", "''") + "'"
        case Literal(value):
            return str(value)
        case Call(namespace, name, arguments):
            prefix = f"{namespace}." if namespace else ""
            return f"{prefix}{name}({', '.join(map(write, arguments))})"
        case Access(base, key, safe):
            return f"{write(base)}[{'?' if safe else ''}{write(key)}]"


@cache
def _parser() -> Lark:
    # With the transformer inside, trees grow from the leaves: no recursion into deep ones.
    return Lark(_GRAMMAR, parser="lalr", transformer=_Reader())


def _above(*nodes: Node) -> int:
    depth = 1 + max((each.depth for each in nodes), default=0)
    if depth > _DEEPEST:
        raise TooMuchError(f"an expression is nested more than {_DEEPEST} levels deep")
    return depth


@v_args(inline=True)
class _Reader(Transformer[Any, Any]):
    def start(self, value: Node) -> Node:
        return value

    def text(self, token: str) -> Literal:
        return Literal(token[1:-1].replace("''", "'"))

    def number(self, token: str) -> Literal:
        return Literal(float(token) if "." in token else int(token))

    def plain_call(self, name: str, *given: Node | None) -> Call:
        arguments = tuple(each for each in given if each is not None)
        return Call("", str(name), arguments, _above(*arguments))

    def named_call(self, namespace: str, name: str, *given: Node | None) -> Call:
        arguments = tuple(each for each in given if each is not None)
        return Call(str(namespace), str(name), arguments, _above(*arguments))

    def property(self, base: Node, name: str) -> Access:
        return Access(base, Literal(str(name)), False, _above(base))

    def safe_property(self, base: Node, name: str) -> Access:
        return Access(base, Literal(str(name)), True, _above(base))

    def index(self, base: Node, key: Node) -> Access:
        return Access(base, key, False, _above(base, key))

    def safe_index(self, base: Node, key: Node) -> Access:
        return Access(base, key, True, _above(base, key))
