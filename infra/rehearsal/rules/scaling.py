"""The scaler of a container app: the messages it counts, and the right that this takes."""

from collections.abc import Iterator, Mapping

from infra.rehearsal.plan import Plan, Severity, Step, Value
from infra.rehearsal.rules.apps import APP, JOB, called, last_part, listed
from infra.rehearsal.rules.bodies import entries, inside, text
from infra.rehearsal.rules.rights import (
    identity_named,
    includes,
    is_ready_for,
    may_be_given,
    of,
    on,
)
from infra.rehearsal.rules.rule import Fault
from infra.rehearsal.world import World

_NAMESPACE = "Microsoft.ServiceBus/namespaces"
# Of the built-in roles only Data Owner, and wider ones, include it.
_MANAGE = "Microsoft.ServiceBus/namespaces/queues/write"


def has_a_scaler_without_its_right(plan: Plan, world: World) -> Iterator[Fault]:
    """Find scale rules whose identity may not read the messages they count."""
    for app, rule in _bus_rules(plan):
        counted = _entity(plan, inside(rule, "custom", "metadata"))
        identity = identity_named(app, inside(rule, "custom", "identity"))
        if counted is None or identity is None or not plan.made_at(identity):
            continue
        rights = [*on(of(plan, identity, world), counted)]
        if not rights:
            yield Fault(
                app,
                f"the scale rule {text(rule, 'name') or 'without a name'} of {called(app)} counts "
                f"{_short(counted)}, and {last_part(identity)} has no right on it",
                Severity.WARNED if may_be_given(plan, identity, counted, _MANAGE) else None,
            )


def has_a_scaler_whose_right_comes_late(plan: Plan, world: World) -> Iterator[Fault]:
    """Find scale rules that begin before their right does, or whose role may be too narrow."""
    for app, rule in _bus_rules(plan):
        counted = _entity(plan, inside(rule, "custom", "metadata"))
        identity = identity_named(app, inside(rule, "custom", "identity"))
        if counted is None or identity is None:
            continue
        rights = [*on(of(plan, identity, world), counted)]
        wide = [each for each in rights if includes(plan, each, _MANAGE) is not False]
        scaler = f"the scale rule {text(rule, 'name') or 'without a name'} of {called(app)}"
        if rights and not wide:
            roles = f"no role of {last_part(identity)} on {_short(counted)}"
            yield Fault(app, f"{roles} is known to suffice for {scaler}")
        elif wide and not any(is_ready_for(plan, world, each, app) for each in wide):
            yield Fault(app, f"{scaler} does not wait for {listed(each.key for each in wide)}")


def _bus_rules(plan: Plan) -> Iterator[tuple[Step, Mapping[str, Value]]]:
    for app in plan.of_type(APP):
        for rule in entries(app.properties, "template", "scale", "rules"):
            if (text(rule, "custom", "type") or "").lower() == "azure-servicebus":
                yield app, rule
    for job in plan.of_type(JOB):
        scale = ("configuration", "eventTriggerConfig", "scale", "rules")
        for rule in entries(job.properties, *scale):
            if (text(rule, "type") or "").lower() == "azure-servicebus":
                yield job, {"name": inside(rule, "name"), "custom": rule}


def _entity(plan: Plan, metadata: Value) -> str | None:
    """Return the id of the queue or subscription that a scaler counts."""
    wanted = (text(metadata, "namespace") or "").partition(".")[0].lower()
    spaces = [*plan.of_type(_NAMESPACE), *plan.of_type(_NAMESPACE, existing=True)]
    space = next((e for e in spaces if isinstance(e.name, str) and e.name.lower() == wanted), None)
    if space is None:
        return None
    if queue := text(metadata, "queueName"):
        return f"{space.id}/queues/{queue}"
    topic, subscription = text(metadata, "topicName"), text(metadata, "subscriptionName")
    if topic and subscription:
        return f"{space.id}/topics/{topic}/subscriptions/{subscription}"
    return None


def _short(identifier: str) -> str:
    return "/".join(identifier.split("/")[-2:])
