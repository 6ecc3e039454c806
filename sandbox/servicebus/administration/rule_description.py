"""The description of a rule: its filter and its action, read from XML and written to it.

A rule that the management API created keeps its description as it was sent, since Azure answers
with the same elements. One of the deployment gets the description of its filter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

import isodate

from sandbox.deployment import CorrelationFilter, Rule
from sandbox.refusal import Refusal
from sandbox.servicebus.administration.fields import FieldError
from sandbox.servicebus.administration.xml import XmlError, local_name, type_of
from sandbox.servicebus.amqp.decode import Timestamp
from sandbox.servicebus.not_offered import NO_ACTION

_XSD = "http://www.w3.org/2001/XMLSchema"
_SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
_PAIR = "KeyValueOfstringanyType"
_LISTS = frozenset({"Parameters", "Properties"})
_TRUE, _FALSE, _SQL, _CORRELATION = "TrueFilter", "FalseFilter", "SqlFilter", "CorrelationFilter"
_CONSTANT = {_TRUE: "1=1", _FALSE: "1=0"}
_NO_ACTION, _SQL_ACTION = "EmptyRuleAction", "SqlRuleAction"
_COMPATIBILITY = "20"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# By element: the name of the property in a filter of this sandbox.
_STANDARD = {
    "CorrelationId": "correlation_id",
    "MessageId": "message_id",
    "To": "to",
    "ReplyTo": "reply_to",
    "ReplyToSessionId": "reply_to_session_id",
    "Label": "label",
    "SessionId": "session_id",
    "ContentType": "content_type",
}


@dataclass(frozen=True)
class TypedValue:
    """A value of a filter, with the type that its client gave it."""

    key: str
    type: str
    text: str

    @property
    def value(self) -> object:
        """Return the value as a message has it. Raises FieldError."""
        try:
            return _VALUES.get(self.type, str)(self.text)
        except (ValueError, isodate.ISO8601Error) as error:
            raise FieldError(f"{self.text!r} is no {self.type}") from error


@dataclass(frozen=True)
class Part:
    """A filter or an action: its type, its texts by element, and its lists of typed values."""

    type: str
    texts: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[TypedValue]] = field(default_factory=dict)


@dataclass(frozen=True)
class RuleDescription:
    """The filter and the action of a rule."""

    filter: Part
    action: Part = field(default_factory=lambda: Part(_NO_ACTION))

    def rule(self, name: str) -> Rule:
        """Return the rule, for the broker. Raises FieldError if the filter is not complete."""
        given, part = self.filter.texts, self.filter
        if part.type == _CORRELATION:
            standard = {each: given[key] for key, each in _STANDARD.items() if key in given}
            own = _values(part.lists.get("Properties", ()))
            return Rule(name, correlation=CorrelationFilter(**standard, properties=own))
        sql = _CONSTANT.get(part.type) or given.get("SqlExpression")
        if not sql:
            raise FieldError("a filter needs a SqlExpression")
        return Rule(name, sql=sql, parameters=_values(part.lists.get("Parameters", ())))

    def as_json(self) -> Mapping[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "RuleDescription":
        """Return a description that the state keeps. Raises TypeError or LookupError."""
        return cls(_part(raw["filter"]), _part(raw["action"]))


def read(element: Element) -> RuleDescription:
    """Return the description in a RuleDescription element.

    A filter that is left out passes every message, as that of $Default does. Raises XmlError,
    FieldError, or Refusal 400 for an action.
    """
    filters, action = Part(_TRUE, {"SqlExpression": "1=1"}), Part(_NO_ACTION)
    for each in element:
        name = local_name(each)
        if name == "Filter":
            filters = _read_part(each, _SQL)
        elif name == "Action":
            action = _read_part(each, _NO_ACTION)
    if filters.type not in {_TRUE, _FALSE, _SQL, _CORRELATION}:
        raise XmlError(f"{filters.type} is no type of a filter")
    if action.type != _NO_ACTION:
        raise no_action()
    described = RuleDescription(filters, action)
    described.rule("")  # a value that its type cannot have is refused here
    return described


def no_action() -> Refusal:
    """Return the refusal of a rule with an action."""
    text = f"The sandbox does not offer actions of rules: {NO_ACTION}."
    return Refusal(400, "", text, text)


def of_rule(rule: Rule) -> RuleDescription:
    """Return the description of a rule of the deployment."""
    action = Part(_NO_ACTION)
    if rule.action:
        action = Part(
            _SQL_ACTION, {"SqlExpression": rule.action, "CompatibilityLevel": _COMPATIBILITY}
        )
    return RuleDescription(_filter_of(rule), action)


def _filter_of(rule: Rule) -> Part:
    if rule.correlation is None:
        kind = _TRUE if rule.sql == _CONSTANT[_TRUE] else _SQL
        texts = {"SqlExpression": rule.sql or _CONSTANT[_TRUE]}
        return Part(kind, {**texts, "CompatibilityLevel": _COMPATIBILITY})
    wanted = rule.correlation
    texts = {
        name: str(value)
        for name, each in _STANDARD.items()
        if (value := getattr(wanted, each)) is not None
    }
    own = [TypedValue(key, "string", str(each)) for key, each in wanted.properties.items()]
    return Part(_CORRELATION, texts, {"Properties": own} if own else {})


def written(name: str, described: RuleDescription, created: str) -> str:
    """Return the content of a RuleDescription element."""
    parts = (("Filter", described.filter), ("Action", described.action))
    inside = "".join(_written_part(element, part) for element, part in parts)
    return f"{inside}<CreatedAt>{escape(created)}</CreatedAt><Name>{escape(name)}</Name>"


def _read_part(element: Element, default: str) -> Part:
    texts, lists = dict[str, str](), dict[str, Sequence[TypedValue]]()
    for each in element:
        name = local_name(each)
        if name in _LISTS:
            lists[name] = [_read_pair(pair) for pair in each]
        elif len(each):
            raise XmlError(f"{name} has elements of its own")
        elif each.text is not None:
            texts[name] = each.text
    return Part(type_of(element) or default, texts, lists)


def _read_pair(element: Element) -> TypedValue:
    found = {local_name(each): each for each in element}
    if local_name(element) != _PAIR or "Key" not in found or "Value" not in found:
        raise XmlError(f"a list holds {_PAIR} with Key and Value")
    value = found["Value"]
    return TypedValue(found["Key"].text or "", type_of(value) or "string", value.text or "")


def _written_part(element: str, part: Part) -> str:
    texts = "".join(f"<{name}>{escape(each)}</{name}>" for name, each in part.texts.items())
    lists = dict(part.lists)
    if part.type in {_SQL, _SQL_ACTION}:
        lists.setdefault("Parameters", ())
    inside = texts + "".join(f"<{name}>{_pairs(each)}</{name}>" for name, each in lists.items())
    kind = f"i:type={quoteattr(part.type)}"
    return f"<{element} {kind}>{inside}</{element}>" if inside else f"<{element} {kind}/>"


def _pairs(values: Sequence[TypedValue]) -> str:
    return "".join(_written_pair(each) for each in values)


def _written_pair(value: TypedValue) -> str:
    space = _SERIALIZATION if value.type == "duration" else _XSD
    kind = quoteattr(f"d6p1:{value.type}")
    text = f'<Value i:type={kind} xmlns:d6p1="{space}">{escape(value.text)}</Value>'
    return f"<{_PAIR}><Key>{escape(value.key)}</Key>{text}</{_PAIR}>"


def _values(pairs: Sequence[TypedValue]) -> dict[str, object]:
    return {each.key: each.value for each in pairs}


def _milliseconds(text: str) -> Timestamp:
    """Return a time as AMQP has it. One without a zone is of UTC."""
    found = isodate.parse_datetime(text)
    since = (found if found.tzinfo else found.replace(tzinfo=UTC)) - _EPOCH
    return Timestamp(since // timedelta(milliseconds=1))


_VALUES: Mapping[str, Any] = {
    "int": int,
    "long": int,
    "double": float,
    "boolean": lambda text: text.lower() == "true",
    "dateTime": _milliseconds,
}


def _part(raw: Mapping[str, Any]) -> Part:
    lists = {name: [TypedValue(**each) for each in values] for name, values in raw["lists"].items()}
    return Part(raw["type"], raw["texts"], lists)
