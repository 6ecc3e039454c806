"""Identities of a container app: pulled with, attached, and with rights before the app starts."""

from collections.abc import Iterator, Mapping, Sequence

from infra.rehearsal.plan import Plan, Severity, Step, Unknown, Value, same_id
from infra.rehearsal.rules.apps import apps, called, last_part, listed, probes
from infra.rehearsal.rules.bodies import entries, inside
from infra.rehearsal.rules.rights import (
    comes_earlier_by_luck,
    identity_named,
    includes,
    is_ready_for,
    kinds_of_identity,
    may_be_given,
    of,
    on,
)
from infra.rehearsal.rules.rule import Fault
from infra.rehearsal.world import World

REGISTRY = "Microsoft.ContainerRegistry/registries"
_PULL = "Microsoft.ContainerRegistry/registries/pull/read"


def names_a_registry_it_may_not_pull_from(plan: Plan, world: World) -> Iterator[Fault]:
    """Find apps that are made before the right to pull of the identity that they name."""
    for app in apps(plan):
        for given in entries(app.properties, "configuration", "registries"):
            registry = _registry(plan, inside(given, "server"))
            identity = identity_named(app, inside(given, "identity"))
            if registry is not None and identity is not None:
                yield from _cannot_pull(plan, world, app, registry, identity)


def _cannot_pull(
    plan: Plan, world: World, app: Step, registry: str, identity: str
) -> Iterator[Fault]:
    rights = on(of(plan, identity, world), registry)
    pulls = [each for each in rights if includes(plan, each, _PULL) is not False]
    if any(is_ready_for(plan, world, each, app) for each in pulls):
        return
    names = f"{called(app)} names the registry {last_part(registry)}"
    if pulls:
        yield Fault(
            app,
            f"{names}, but does not wait for {listed(each.key for each in pulls)}, which lets "
            f"{last_part(identity)} pull from it",
            _if_unsure(plan, pulls, app),
            any(comes_earlier_by_luck(plan, each, app) for each in pulls),
        )
    elif plan.made_at(identity):  # another may have been given the right before
        yield Fault(
            app,
            f"{names}, and nothing lets {last_part(identity)} pull from it",
            Severity.WARNED if may_be_given(plan, identity, registry, _PULL) else None,
        )


def names_an_identity_it_does_not_have(plan: Plan, world: World) -> Iterator[Fault]:
    """Find apps that name an identity for the platform and do not have it attached."""
    for app in apps(plan):
        attached = inside(app.body, "identity", "userAssignedIdentities")
        kinds = kinds_of_identity(app)
        if kinds is None or (attached is not None and not isinstance(attached, Mapping)):
            continue
        for value in _identities_named(app):
            if _is_missing(value, attached or {}, kinds):
                yield Fault(app, f"{called(app)} names the identity {value} and does not have it")


def starts_before_its_rights(plan: Plan, world: World) -> Iterator[Fault]:
    """Find apps with probes that are made before the rights of their user-assigned identities."""
    for app in apps(plan):
        if not probes(app):
            continue
        for identity in _attached(app):
            late = [
                each.key
                for each in of(plan, identity, world)
                if plan.at(each.id) and not is_ready_for(plan, world, each, app)
            ]
            if late:
                whose = last_part(identity)
                yield Fault(app, f"{called(app)} does not wait for {listed(late)} of {whose}")


def _if_unsure(plan: Plan, pulls: Sequence[Step], app: Step) -> Severity | None:
    # The right is in time if an unknown condition holds, or if its role includes it.
    in_time = any(plan.must_precede(each, app) for each in pulls)
    unknown = any(includes(plan, each, _PULL) is None for each in pulls)
    return Severity.WARNED if in_time or unknown else None


def _registry(plan: Plan, server: Value) -> str | None:
    """Return the id of the registry of a host name, where the template tells it."""
    if isinstance(server, Unknown):
        return server.of if f"/{REGISTRY}/".lower() in server.of.lower() else None
    if not isinstance(server, str):
        return None
    name = server.partition(".")[0].lower()
    every = [*plan.of_type(REGISTRY), *plan.of_type(REGISTRY, existing=True)]
    return next((e.id for e in every if isinstance(e.name, str) and e.name.lower() == name), None)


def _identities_named(app: Step) -> Iterator[Value]:
    configuration = inside(app.properties, "configuration")
    for key in ("registries", "identitySettings"):
        yield from (inside(each, "identity") for each in entries(configuration, key))
    for rule in entries(app.properties, "template", "scale", "rules"):
        yield inside(rule, "custom", "identity")


def _is_missing(value: Value, attached: Mapping[str, Value], kinds: frozenset[str]) -> bool:
    if not isinstance(value, str) or not value or value.lower() == "system-environment":
        return False
    if value.lower() == "system":
        return "systemassigned" not in kinds
    return value.startswith("/") and not any(same_id(value, each) for each in attached)


def _attached(app: Step) -> Iterator[str]:
    attached = inside(app.body, "identity", "userAssignedIdentities")
    yield from attached if isinstance(attached, Mapping) else ()
