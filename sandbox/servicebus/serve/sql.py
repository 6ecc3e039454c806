"""The SQL of filters: comparisons, AND, OR, NOT, IN, LIKE, IS NULL, EXISTS, and parameters.

The logic is three-valued: comparing a property that the message lacks is unknown (None here), and
a filter matches only if it is true. Other SQL is refused.
https://learn.microsoft.com/azure/service-bus-messaging/service-bus-messaging-sql-filter
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from lark import Lark, Transformer
from lark.exceptions import UnexpectedInput, VisitError

from sandbox.servicebus.serve.message import Message

_GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction (_OR conjunction)*
?conjunction: negation (_AND negation)*
?negation: _NOT negation -> negated
    | predicate
?predicate: operand COMPARISON operand -> compared
    | operand _IN "(" constant ("," constant)* ")" -> contained
    | operand _NOT _IN "(" constant ("," constant)* ")" -> not_contained
    | operand _LIKE text [_ESCAPE text] -> like
    | operand _NOT _LIKE text [_ESCAPE text] -> not_like
    | property _IS _NULL -> absent
    | property _IS _NOT _NULL -> present
    | _EXISTS "(" property ")" -> present
    | "(" disjunction ")"
    | operand -> truth
?operand: property | literal | parameter
parameter: PARAMETER
property: NAME ["." NAME]
?constant: literal | parameter
?literal: text | number | boolean
text: TEXT
number: NUMBER
boolean: TRUE -> true
    | FALSE -> false
_OR.2: /OR\b/i
_AND.2: /AND\b/i
_NOT.2: /NOT\b/i
_IN.2: /IN\b/i
_LIKE.2: /LIKE\b/i
_ESCAPE.2: /ESCAPE\b/i
_IS.2: /IS\b/i
_NULL.2: /NULL\b/i
_EXISTS.2: /EXISTS\b/i
TRUE.2: /TRUE\b/i
FALSE.2: /FALSE\b/i
COMPARISON: "=" | "<>" | "!=" | "<=" | ">=" | "<" | ">"
NAME: /(?!(AND|OR|NOT|IN|LIKE|ESCAPE|IS|NULL|EXISTS|TRUE|FALSE)\b)[A-Za-z_]\w*/i
    | /\[[^\]]+\]/ | /"[^"]+"/
PARAMETER: /@[A-Za-z_]\w*/
TEXT: /'([^']|'')*'/
NUMBER: /[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/
%ignore /\s+/
"""
_SYSTEM = {
    "contenttype": "content_type",
    "correlationid": "correlation_id",
    "label": "subject",
    "messageid": "message_id",
    "replyto": "reply_to",
    "replytosessionid": "reply_to_group_id",
    "sessionid": "group_id",
    "to": "to",
}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Value = Callable[[Message], object]
Condition = Callable[[Message], bool | None]


class SqlError(ValueError):
    """A filter that the sandbox does not understand."""


def parse(sql: str, parameters: Mapping[str, object] | None = None) -> Condition:
    """Return a function that gives true, false or unknown for a message.

    `parameters` have the values of names such as `@price`. Raises SqlError.
    """
    try:
        condition: Condition = _Compiler(parameters or {}).transform(_parser().parse(sql))
    except VisitError as error:
        raise SqlError(str(error.orig_exc)) from error
    except UnexpectedInput as error:
        where = sql[error.pos_in_stream or 0 :][:20] or "its end"
        raise SqlError(f"the sandbox does not understand \"{sql}\" from '{where}' on") from error
    return condition


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="earley", lexer="dynamic", ambiguity="resolve")


class _Compiler(Transformer[Any, Any]):
    """A transformer of the parse tree into functions of a message."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        super().__init__()
        self._parameters = parameters

    def parameter(self, parts: list[Any]) -> Value:
        name = str(parts[0])
        if name not in self._parameters:
            raise SqlError(f"the parameter {name} has no value")
        value = self._parameters[name]
        return lambda _: value

    def disjunction(self, parts: list[Condition]) -> Condition:
        return lambda message: _any([part(message) for part in parts])

    def conjunction(self, parts: list[Condition]) -> Condition:
        return lambda message: _not(_any([_not(part(message)) for part in parts]))

    def negated(self, parts: list[Condition]) -> Condition:
        return lambda message: _not(parts[0](message))

    def compared(self, parts: list[Any]) -> Condition:
        left, sign, right = parts
        compare = _OPERATORS[str(sign)]
        return lambda message: _compared(left(message), right(message), compare)

    def contained(self, parts: list[Value]) -> Condition:
        wanted, *among = parts
        return lambda message: _any(
            [_compared(wanted(message), each(message), operator.eq) for each in among]
        )

    def not_contained(self, parts: list[Value]) -> Condition:
        contained = self.contained(parts)
        return lambda message: _not(contained(message))

    def like(self, parts: list[Value | None]) -> Condition:
        left, pattern, escape = parts
        regex = _like(_constant(pattern), _constant(escape) if escape else None)
        return lambda message: _matches(left(message) if left else None, regex)

    def not_like(self, parts: list[Value | None]) -> Condition:
        like = self.like(parts)
        return lambda message: _not(like(message))

    def absent(self, parts: list[Value]) -> Condition:
        return lambda message: parts[0](message) is None

    def present(self, parts: list[Value]) -> Condition:
        return lambda message: parts[0](message) is not None

    def truth(self, parts: list[Value]) -> Condition:
        return lambda message: _truth(parts[0](message))

    def property(self, parts: list[Any]) -> Value:
        scope, name = parts if parts[1] is not None else ("user", parts[0])
        return _property(str(scope).lower(), str(name).strip('[]"'))

    def text(self, parts: list[Any]) -> Value:
        value = str(parts[0])[1:-1].replace("''", "'")
        return lambda _: value

    def number(self, parts: list[Any]) -> Value:
        digits = str(parts[0])
        value = int(digits) if re.fullmatch(r"[+-]?\d+", digits) else float(digits)
        return lambda _: value

    def true(self, _: list[Any]) -> Value:
        return lambda _: True

    def false(self, _: list[Any]) -> Value:
        return lambda _: False


def _property(scope: str, name: str) -> Value:
    if scope == "user":
        return lambda message: message.application_properties.get(name)
    if scope != "sys":
        raise SqlError(f"properties are of sys or of user, not of {scope}")
    if name.lower() not in _SYSTEM:
        raise SqlError(f"the sandbox does not know the system property sys.{name}")
    standard = _SYSTEM[name.lower()]
    return lambda message: _textual(message.properties.get(standard))


def _textual(value: object) -> str | None:
    return None if value is None else str(value)


def _any(values: list[bool | None]) -> bool | None:
    if True in values:
        return True
    return None if None in values else False


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _compared(left: object, right: object, compare: Callable[[Any, Any], bool]) -> bool | None:
    """Return the comparison, or None if a value is missing or the two are of different types."""
    for kind in (bool, int | float, str):
        if isinstance(left, kind):
            alike = isinstance(right, kind) and isinstance(left, bool) is isinstance(right, bool)
            return compare(left, right) if alike else None
    return None


def _matches(value: object, pattern: re.Pattern[str]) -> bool | None:
    return pattern.fullmatch(value) is not None if isinstance(value, str) else None


def _constant(text: Value | None) -> str:
    return str(text(Message.parse(b""))) if text else ""


def _like(pattern: str, escape: str | None) -> re.Pattern[str]:
    """Return a pattern: `%` is any text, `_` one character, a character after `escape` itself."""
    if escape is not None and len(escape) != 1:
        raise SqlError("ESCAPE takes one character")
    regex, characters = "", iter(pattern)
    for each in characters:
        if each == escape:
            regex += re.escape(next(characters, ""))
        else:
            regex += {"%": ".*", "_": "."}.get(each, re.escape(each))
    return re.compile(regex, re.DOTALL)
