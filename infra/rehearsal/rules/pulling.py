"""Identities of a container app: pulled with, attached, and with rights before the app starts."""

from collections.abc import Iterator, Mapping, Sequence

from infra.rehearsal.plan import Plan, Severity, Step, Unknown, Value, same_id
from infra.rehearsal.rules.apps import apps, called, listed, probes
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
            identity = identity_named(plan, app, inside(given, "identity"))
            if registry is None or identity is None:
                continue
            rights = [*on(of(plan, identity, world), registry.id)]
            pulls = [each for each in rights if includes(plan, each, _PULL) is not False]
            if any(is_ready_for(plan, world, each, app) for each in pulls):
                continue
            if pulls:
                late = listed(each.key for each in pulls)
                yield Fault(
                    app,
                    f"{called(app)} names the registry {called(registry)}, but does not wait for "
                    f"{late}, which lets {called(identity)} pull from it",
                    _if_unsure(plan, pulls, app),
                    any(comes_earlier_by_luck(plan, each, app) for each in pulls),
                )
            elif not identity.existing:
                yield Fault(
                    app,
                    f"{called(app)} names the registry {called(registry)}, and nothing lets "
                    f"{called(identity)} pull from it",
                    Severity.WARNED if may_be_given(plan, identity, registry.id, _PULL) else None,
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
        for identity in _attached(plan, app):
            late = [
                each.key
                for each in of(plan, identity, world)
                if plan.at(each.id) and not is_ready_for(plan, world, each, app)
            ]
            if late:
                yield Fault(
                    app, f"{called(app)} does not wait for {listed(late)} of {called(identity)}"
                )


def _if_unsure(plan: Plan, pulls: Sequence[Step], app: Step) -> Severity | None:
    # The right is in time if a condition holds that nobody knows, or if its role includes it.
    in_time = any(plan.must_precede(each, app) for each in pulls)
    unknown = any(includes(plan, each, _PULL) is None for each in pulls)
    return Severity.WARNED if in_time or unknown else None


def _registry(plan: Plan, server: Value) -> Step | None:
    if isinstance(server, Unknown):
        found = [each for each in plan.at(server.of) if each.is_a(REGISTRY)] if server.of else []
        return next(iter(found), None)
    if not isinstance(server, str):
        return None
    name = server.partition(".")[0].lower()
    every = [*plan.of_type(REGISTRY), *plan.of_type(REGISTRY, existing=True)]
    return next((e for e in every if isinstance(e.name, str) and e.name.lower() == name), None)


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


def _attached(plan: Plan, app: Step) -> Iterator[Step]:
    attached = inside(app.body, "identity", "userAssignedIdentities")
    for identifier in attached if isinstance(attached, Mapping) else ():
        yield from list(plan.made_at(identifier))[:1]
