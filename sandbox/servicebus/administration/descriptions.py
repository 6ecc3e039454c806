"""The descriptions of a queue, a topic and a subscription, read from XML and written to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import escape

import isodate

from sandbox.deployment import EntitySettings, Queue, Subscription, Topic
from sandbox.servicebus.administration import fields
from sandbox.servicebus.administration.counts import Counts
from sandbox.servicebus.administration.fields import Field, FieldError
from sandbox.servicebus.administration.xml import COUNTS, local_name

QUEUE, TOPIC, SUBSCRIPTION = "QueueDescription", "TopicDescription", "SubscriptionDescription"
_ELEMENTS: Mapping[str, tuple[fields.Element, ...]] = {
    QUEUE: fields.QUEUE,
    TOPIC: fields.TOPIC,
    SUBSCRIPTION: fields.SUBSCRIPTION,
}
_NEVER_READ = "0001-01-01T00:00:00Z"
# The properties of Resource Manager that this API adds for itself.
CREATED, UPDATED, ACCESS = "createdAt", "updatedAt", "authorizationRules"
_DEFAULT_RULE = "DefaultRuleDescription"


@dataclass(frozen=True)
class Runtime:
    """The figures of an entity at this moment."""

    counts: Counts
    subscriptions: int = 0
    sql_filters: int = 0
    correlation_filters: int = 0


def read(element: Element) -> dict[str, Any]:
    """Return the properties that a description sets, as Resource Manager names them.

    Elements that the namespace computes are ignored, as Azure ignores those that its clients send
    back. Raises XmlError or FieldError.
    """
    kind = local_name(element)
    known = {each.name: each for each in _ELEMENTS[kind] if isinstance(each, Field)}
    found = dict[str, Any]()
    for each in element:
        name = local_name(each)
        if name == fields.RULES_OF_ACCESS and kind != SUBSCRIPTION:
            found[ACCESS] = _inside(each)
        elif name in known and each.text is not None:
            found[known[name].arm] = _value(known[name], each.text)
    return found


def default_rule(element: Element) -> Element | None:
    """Return the rule that a new subscription has instead of $Default, if it names one."""
    return next((each for each in element if local_name(each) == _DEFAULT_RULE), None)


def kind_of(entity: Queue | Topic | Subscription) -> str:
    """Return the name of the entity's description."""
    if isinstance(entity, Queue):
        return QUEUE
    return TOPIC if isinstance(entity, Topic) else SUBSCRIPTION


def properties_of(entity: object) -> Mapping[str, Any]:
    """Return the properties of an entity as Resource Manager has them; none of a rule."""
    if isinstance(entity, Queue | Topic | Subscription):
        return {**_of_settings(entity.settings), **entity.properties}
    return {}


def written(entity: Queue | Topic | Subscription, runtime: Runtime | None, created: str) -> str:
    """Return the content of an entity's description.

    `runtime` is None in the answer to a request that changes it, which has no figures. `created`
    is the time of an entity that does not know its own.
    """
    kind = kind_of(entity)
    properties = properties_of(entity)
    computed = _computed(kind, properties, runtime, created)
    return "".join(_element(each, properties, computed) for each in _ELEMENTS[kind])


def _element(
    each: fields.Element, properties: Mapping[str, Any], computed: Mapping[str, str]
) -> str:
    if isinstance(each, str):
        return computed.get(each, "")
    text = each.text(properties)
    return "" if text is None else f"<{each.name}>{escape(text)}</{each.name}>"


def _computed(
    kind: str, properties: Mapping[str, Any], runtime: Runtime | None, created: str
) -> dict[str, str]:
    """Return the elements that the namespace computes, by their names."""
    counts = (runtime or Runtime(Counts())).counts
    access = properties.get(ACCESS, "")
    first = properties.get(CREATED, created)
    found = {
        fields.SIZE: _plain(fields.SIZE, counts.size),
        fields.COUNT: _plain(fields.COUNT, counts.total),
        fields.RULES_OF_ACCESS: f"<{fields.RULES_OF_ACCESS}>{access}</{fields.RULES_OF_ACCESS}>",
        fields.CREATED: _plain(fields.CREATED, first),
        fields.UPDATED: _plain(fields.UPDATED, properties.get(UPDATED, first)),
    }
    if kind == SUBSCRIPTION or runtime:
        found[fields.ACCESSED] = _plain(fields.ACCESSED, _NEVER_READ)
    if runtime:
        found[fields.DETAILS] = _details(counts)
        found[fields.BELOW] = _plain(fields.BELOW, runtime.subscriptions)
        found[fields.SQL_FILTERS] = _plain(fields.SQL_FILTERS, runtime.sql_filters)
        found[fields.CORRELATION_FILTERS] = _plain(
            fields.CORRELATION_FILTERS, runtime.correlation_filters
        )
    return found


def _details(counts: Counts) -> str:
    figures = {
        "ActiveMessageCount": counts.active,
        "DeadLetterMessageCount": counts.dead,
        "ScheduledMessageCount": counts.scheduled,
        "TransferMessageCount": 0,
        "TransferDeadLetterMessageCount": 0,
    }
    inside = "".join(f"<d2p1:{name}>{each}</d2p1:{name}>" for name, each in figures.items())
    return f'<{fields.DETAILS} xmlns:d2p1="{COUNTS}">{inside}</{fields.DETAILS}>'


def _plain(name: str, value: object) -> str:
    return f"<{name}>{escape(str(value))}</{name}>"


def _of_settings(settings: EntitySettings) -> dict[str, Any]:
    """Return the settings of an entity that is not of a template, as its properties would be."""
    window = settings.duplicate_window
    found = {
        "lockDuration": isodate.duration_isoformat(settings.lock_duration),
        "maxDeliveryCount": settings.max_delivery_count,
        "requiresDuplicateDetection": window is not None,
        "requiresSession": settings.requires_session,
        "deadLetteringOnMessageExpiration": settings.dead_letter_on_expiration,
        "deadLetteringOnFilterEvaluationExceptions": settings.dead_letter_on_filter_error,
    }
    if settings.time_to_live is not None:
        found["defaultMessageTimeToLive"] = isodate.duration_isoformat(settings.time_to_live)
    if window is not None:
        found["duplicateDetectionHistoryTimeWindow"] = isodate.duration_isoformat(window)
    return found


def _value(field: Field, text: str) -> object:
    try:
        return field.read(text)
    except FieldError as error:
        raise FieldError(f"{field.name}: {error}") from error


def _inside(element: Element) -> str:
    """Return the elements in `element` as they were sent."""
    return "".join(tostring(each, "unicode") for each in element)
