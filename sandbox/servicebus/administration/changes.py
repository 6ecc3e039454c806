"""Decides on changes of entities: the drift after each, or Azure's error.

The texts are those of Azure's recorded answers: Azure/azure-sdk-for-python,
sdk/servicebus/azure-servicebus/tests/mgmt_tests/recordings.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element

from sandbox.deployment import Namespace, Queue, Rule, Subscription, Topic
from sandbox.deployment.entity_limits import (
    MORE,
    EntityLimitError,
    check_limits,
    parse_iso_duration,
)
from sandbox.deployment.not_offered import FORWARDING, asks_for
from sandbox.refusal import Refusal
from sandbox.servicebus.administration import descriptions, rule_description
from sandbox.servicebus.administration.address import Address, Kind
from sandbox.servicebus.administration.entities import (
    QUEUE,
    RULE,
    SUBSCRIPTION,
    TOPIC,
    Entities,
    EntityDrift,
    Made,
)
from sandbox.servicebus.administration.fields import FieldError, arm_name, element_name
from sandbox.servicebus.administration.rule_description import RuleDescription
from sandbox.servicebus.administration.xml import XmlError, local_name

Found = Queue | Topic | Subscription | Rule

_CONFLICT = (
    "SubCode=40900. Conflict. You're requesting an operation that isn't allowed in the resource's"
    f" current state. {MORE} ."
)
_NO_OPERATION = f"SubCode=40400. Not Found. The Operation doesn't exist. {MORE} ."
NO_SERVICE = "No service is hosted at the specified address."
# The first version of the API knows no sizes of messages.
OLD_VERSION = "2017-04"
_TOO_NEW = ("maxMessageSizeInKilobytes",)
_FIXED = ("RequiresSession", "RequiresDuplicateDetection", "EnablePartitioning")
# The properties that the sandbox does not offer, unless they mean nothing.
_NOT_OFFERED = {**FORWARDING, "autoDeleteOnIdle": "it deletes no entity by itself"}
_KINDS = {descriptions.QUEUE: QUEUE, descriptions.TOPIC: TOPIC}
_LONGEST_NAME, _LONGEST_BELOW = 260, 50
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/~-]*[A-Za-z0-9_])?")
_DEFAULT = "$Default"


@dataclass(frozen=True)
class Change:
    """A change that is allowed: the drift after it, and whether something new was created."""

    drift: EntityDrift
    created: bool = False


@dataclass(frozen=True)
class Request:
    """A request for a change. With `update`, the entity has to exist already."""

    address: Address
    by: str
    update: bool = False
    version: str = ""


def find(namespace: Namespace, address: Address) -> Found | None:
    """Return the entity or the rule at an address."""
    name = address.entity.lower()
    entities: tuple[Queue | Topic, ...] = (*namespace.queues, *namespace.topics)
    entity = next((each for each in entities if each.name.lower() == name), None)
    if address.kind is Kind.ENTITY:
        return entity
    below = entity.subscriptions if isinstance(entity, Topic) else ()
    wanted = address.subscription.lower()
    subscription = next((each for each in below if each.name.lower() == wanted), None)
    if address.kind is Kind.SUBSCRIPTION or subscription is None:
        return subscription
    rule = address.rule.lower()
    return next((each for each in subscription.rules if each.name.lower() == rule), None)


def put(entities: Entities, asked: Request, description: Element) -> Change:
    """Return the change that creates or updates an entity. Raises Refusal."""
    namespace, address = entities.namespace, asked.address
    found = find(namespace, address)
    _check_existence(namespace, asked, found)
    try:
        kind = local_name(description)
        if address.kind is Kind.RULE:
            return _put_rule(entities, asked, description, kind)
        return _put_entity(entities, asked, description, kind, found)
    except (XmlError, FieldError) as error:
        raise _bad(f"The request body is not understood: {error}.") from error


def delete(entities: Entities, asked: Request, scope: str) -> Change:
    """Return the change that deletes the resource `scope`. Raises Refusal 404."""
    if find(entities.namespace, asked.address) is None:
        raise missing(entities.namespace, asked.address)
    return Change(entities.deleting(scope, asked.by))


def missing(namespace: Namespace, address: Address) -> Refusal:
    """Return Azure's 404 for an entity, subscription or rule that does not exist."""
    if address.kind is Kind.ENTITY:
        return Refusal(404, "", NO_SERVICE, NO_SERVICE)
    names = "|".join(each for each in (address.subscription, address.rule) if each)
    where = f"{namespace.name}:Topic:{address.entity}|{names}"
    text = f"Entity '{where}' was not found. {MORE} "
    return Refusal(404, "", text, "the entity was not found")


def not_stored(error: Exception) -> Refusal:
    """Return a 503, which every SDK tries again, for a change that the disk does not take. Ours."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = (
        f"The change cannot be stored: {reason.rstrip('.')}. Nothing has changed. Make room on the"
        " sandbox's disk, and try again."
    )
    return Refusal(503, "", text, "the change cannot be stored")


def _check_existence(namespace: Namespace, asked: Request, found: Found | None) -> None:
    """Raise Refusal 404 for an update of nothing, and 409 for a creation of an existing entity."""
    address = asked.address
    if asked.update and found is None:
        if address.kind is Kind.ENTITY:
            raise Refusal(404, "", _NO_OPERATION, _NO_OPERATION)
        raise missing(namespace, address)
    if not asked.update and found is not None:
        raise Refusal(409, "", _CONFLICT, _CONFLICT)
    if address.kind in {Kind.SUBSCRIPTION, Kind.RULE}:
        parent = Kind.ENTITY if address.kind is Kind.SUBSCRIPTION else Kind.SUBSCRIPTION
        above = find(namespace, Address(parent, address.entity, address.subscription))
        if above is None or isinstance(above, Queue):
            raise missing(namespace, address)
    if found is None:
        check_name(address)


def check_name(address: Address) -> None:
    """Raise Refusal 400 for a name that nothing can have."""
    name, longest = address.entity, _LONGEST_NAME
    if address.kind is not Kind.ENTITY:
        name, longest = address.rule or address.subscription, _LONGEST_BELOW
    if name != _DEFAULT and (len(name) > longest or not _NAME.fullmatch(name)):
        raise _bad(
            f"The name '{name[:longest]}' is not a valid name: it has at most {longest} characters,"
            " letters, digits, periods, hyphens, underscores, and begins with a letter or a digit."
        )


def _put_entity(
    entities: Entities, asked: Request, description: Element, kind: str, found: Found | None
) -> Change:
    address, properties = asked.address, descriptions.read(description)
    path: tuple[str, ...] = (address.entity,)
    if address.kind is Kind.SUBSCRIPTION:
        path, made = (address.entity, address.subscription), SUBSCRIPTION
        expected = descriptions.SUBSCRIPTION
    else:
        made, expected = _KINDS.get(kind, QUEUE), kind
    if kind != expected or (found and kind != _description_of(found)):
        raise _bad(f"The request body has a {kind}, which the address is not for.")
    _check_version(asked.version, properties, kind)
    _check_settings(properties, code="" if made == SUBSCRIPTION else "SubCode=40000. ")
    _check_offered(properties, descriptions.properties_of(found))
    if found:
        _check_fixed(found, properties, kind)
    properties |= _times(found)
    drift = entities.putting(Made(made, path, properties, asked.by))
    if address.kind is Kind.SUBSCRIPTION and found is None:
        drift = _with_first_rule(entities, drift, asked, description)
    return Change(drift, created=found is None)


def _with_first_rule(
    entities: Entities, drift: EntityDrift, asked: Request, description: Element
) -> EntityDrift:
    """Add the rule that Azure creates with a subscription: $Default, or the request's own."""
    given = descriptions.default_rule(description)
    described, name = rule_description.of_rule(Rule(_DEFAULT, sql="1=1")), _DEFAULT
    if given is not None:
        described = rule_description.read(given)
        name = next((e.text or name for e in given if local_name(e) == "Name"), name)
    path = (asked.address.entity, asked.address.subscription, name)
    made = Made(RULE, path, {**described.as_json(), **_times(None)}, asked.by)
    return drift.putting(entities.namespace.id, made)


def _put_rule(entities: Entities, asked: Request, description: Element, kind: str) -> Change:
    if kind != "RuleDescription":
        raise _bad(f"The request body has a {kind}, which the address is not for.")
    drift = put_rule(entities, asked, rule_description.read(description))
    return Change(drift, created=not asked.update)


def put_rule(entities: Entities, asked: Request, described: RuleDescription) -> EntityDrift:
    """Return the drift with a rule, which may be new."""
    address = asked.address
    path = (address.entity, address.subscription, address.rule)
    made = Made(RULE, path, {**described.as_json(), **_times(None)}, asked.by)
    return entities.putting(made)


def _check_version(version: str, properties: Mapping[str, Any], kind: str) -> None:
    """Raise Refusal 400 for a property that the version of the request does not have."""
    if version == OLD_VERSION and any(each in properties for each in _TOO_NEW):
        raise _bad(
            f"SubCode=40000. The entity description of type '{kind}' has unsupported properties for"
            f" api-version '{version}' in the request. Try including the correct api-version query"
            " string in the request."
        )


def _check_settings(properties: Mapping[str, Any], code: str) -> None:
    """Raise Refusal 400 for a value that Azure refuses."""
    try:
        check_limits(properties)
    except EntityLimitError as error:
        raise _bad(f"{code}{error}") from error


def _check_offered(properties: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Raise Refusal 400 for a property that the sandbox does not offer, unless it stays as it was.

    A client that changes another property of a deployed entity sends all of them.
    """
    for name, instead in _NOT_OFFERED.items():
        if asks_for(properties, name) and not _are_equal(name, properties[name], before.get(name)):
            raise _bad(f"The sandbox does not offer {element_name(name)}: {instead}.")


def _are_equal(name: str, value: object, before: object) -> bool:
    """Return whether two values of a property that the sandbox does not offer mean the same.

    Clients write a duration in their own form, and the target of forwarding as an address, such as
    `sb://<host>/<name>`: azure-servicebus for Python, management/_utils.py.
    """
    if not isinstance(value, str) or not isinstance(before, str):
        return value == before
    if name in FORWARDING:
        return _target(value) == _target(before)
    try:
        return parse_iso_duration(value) == parse_iso_duration(before)
    except ValueError:  # the template has no duration
        return False


def _target(entity: str) -> str:
    """Return the name in an entity's address, or a name alone, in lower case."""
    return re.sub(r"^[a-z]+://[^/]*/", "", entity.lower())


def _check_fixed(found: Found, properties: Mapping[str, Any], kind: str) -> None:
    """Raise Refusal 400 for a change of a property that an entity has for good."""
    before = descriptions.properties_of(found)
    for name in _FIXED:
        key = arm_name(name)
        if bool(properties.get(key, before.get(key))) != bool(before.get(key)):
            noun = kind.removesuffix("Description")
            raise _bad(
                f"SubCode=40000. The value for the {name} property of an existing {noun} cannot be"
                f" changed. {MORE} ."
            )


def _description_of(found: Found) -> str:
    return "" if isinstance(found, Rule) else descriptions.kind_of(found)


def _times(found: Found | None) -> dict[str, str]:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    first = (
        now if found is None else descriptions.properties_of(found).get(descriptions.CREATED, now)
    )
    return {descriptions.CREATED: first, descriptions.UPDATED: now}


def _bad(text: str) -> Refusal:
    return Refusal(400, "", text, text)
