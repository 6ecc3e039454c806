"""The requests of `$management` that list, add and remove the rules of a subscription.

https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response#rule-operations
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sandbox.deployment import CorrelationFilter, Rule
from sandbox.servicebus.administration.rule_description import (
    Part,
    RuleDescription,
    TypedValue,
    no_action,
)
from sandbox.servicebus.administration.subscription_rules import SubscriptionRules
from sandbox.servicebus.amqp import encode
from sandbox.servicebus.amqp.decode import MalformedError, Timestamp
from sandbox.servicebus.managed_entity import ManagedEntity, NotHereError
from sandbox.servicebus.request_fields import Fields, number, text
from sandbox.servicebus.requests import NO_CONTENT, OK, Request, Response

_DESCRIPTION, _NO_ACTION = 0x13700000004, 0x13700000005
_SQL, _CORRELATION, _SQL_ACTION = 0x1370000006, 0x1370000009, 0x13700000006
# The version of the filter language, which Azure appends to each expression.
_COMPATIBILITY = 20
# By field of a correlation filter: the element of the same filter in the management API.
_STANDARD: Mapping[str, str] = {
    "correlation-id": "CorrelationId",
    "message-id": "MessageId",
    "to": "To",
    "reply-to": "ReplyTo",
    "label": "Label",
    "session-id": "SessionId",
    "reply-to-session-id": "ReplyToSessionId",
    "content-type": "ContentType",
}


def list_rules(managed: ManagedEntity, request: Request) -> Response:
    """Return a page of rules."""
    rules = managed.rules()
    if rules is None:
        raise NotHereError
    skip, top = number(request.fields, "skip"), number(request.fields, "top")
    page = rules[max(skip, 0) :][: max(top, 0)]
    return Response.of(rules=encode.sequence(map(_described, page))) if page else NO_CONTENT


def add(managed: ManagedEntity, request: Request) -> Response:
    """Create a rule. Raises Refusal, FieldError or RuleError."""
    fields = request.fields
    name = text(fields, "rule-name")
    if not name:
        raise MalformedError("rule-name is missing")
    _changes_of(managed).add(name, _description(_map(fields, "rule-description")))
    return OK


def remove(managed: ManagedEntity, request: Request) -> Response:
    """Delete a rule. Raises Refusal."""
    _changes_of(managed).remove(text(request.fields, "rule-name") or "")
    return OK


def _changes_of(managed: ManagedEntity) -> SubscriptionRules:
    changes = None if managed.is_dead_letters else managed.rule_changes()
    if changes is None:
        raise NotHereError
    return changes


def _description(fields: Fields) -> RuleDescription:
    """Return the rule of a request; one without a filter passes every message."""
    action = fields.get("sql-rule-action")
    if isinstance(action, dict) and action.get("expression"):
        raise no_action()
    if "correlation-filter" in fields:
        return RuleDescription(_correlation(_map(fields, "correlation-filter")))
    sql = "1=1"
    if "sql-filter" in fields:
        sql = text(_map(fields, "sql-filter"), "expression") or ""
    kind = "TrueFilter" if sql == "1=1" else "SqlFilter"
    found = RuleDescription(Part(kind, {"SqlExpression": sql, "CompatibilityLevel": "20"}))
    found.rule("")  # an empty expression is refused here
    return found


def _correlation(fields: Fields) -> Part:
    texts = {
        element: str(value)
        for name, element in _STANDARD.items()
        if (value := fields.get(name)) is not None
    }
    own = _map(fields, "properties") if fields.get("properties") else {}
    return Part("CorrelationFilter", texts, {"Properties": [_typed(*each) for each in own.items()]})


def _typed(key: str, value: object) -> TypedValue:
    """Return a value with its type in XML. Raises MalformedError for one that has none."""
    match value:
        case bool():
            return TypedValue(key, "boolean", str(value).lower())
        case Timestamp():
            return TypedValue(key, "dateTime", _written(value, key))
        case int():
            return TypedValue(key, "long", str(value))
        case float():
            return TypedValue(key, "double", repr(value))
        case str() | UUID():
            return TypedValue(key, "string", str(value))
    raise MalformedError(f"the value of {key} has a type that no filter compares")


def _written(time: Timestamp, key: str) -> str:
    """Return a time as XML has it. Raises MalformedError for one outside the years 1 to 9999."""
    try:
        found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time)
    except OverflowError as error:
        raise MalformedError(f"the time in {key} is outside the years 1 to 9999") from error
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _map(fields: Fields, name: str) -> Mapping[str, object]:
    found = fields.get(name)
    if not isinstance(found, dict):
        raise MalformedError(f"{name} is not a map")
    return {str(key): each for key, each in found.items()}


def _described(rule: Rule) -> bytes:
    """Return a rule's description: its filter, its action, and its name."""
    fields = (_filter(rule), _action(rule), encode.string(rule.name))
    description = _composite(_DESCRIPTION, *fields)
    return encode.mapping((encode.string("rule-description"), description))


def _filter(rule: Rule) -> bytes:
    if rule.correlation is None:
        expression = encode.string(rule.sql or "1=1")
        return _composite(_SQL, expression, encode.integer(_COMPATIBILITY))
    return _composite(_CORRELATION, *_conditions(rule.correlation))


def _action(rule: Rule) -> bytes:
    if not rule.action:
        return _composite(_NO_ACTION)
    return _composite(_SQL_ACTION, encode.string(rule.action), encode.integer(_COMPATIBILITY))


def _conditions(wanted: CorrelationFilter) -> tuple[bytes, ...]:
    return (
        encode.value(wanted.correlation_id),
        encode.value(wanted.message_id),
        encode.value(wanted.to),
        encode.value(wanted.reply_to),
        encode.value(wanted.label),
        encode.value(wanted.session_id),
        encode.value(wanted.reply_to_session_id),
        encode.value(wanted.content_type),
        encode.value(dict(wanted.properties)),
    )


def _composite(code: int, *fields: bytes) -> bytes:
    return b"\x00\x80" + code.to_bytes(8, "big") + encode.sequence(fields)
