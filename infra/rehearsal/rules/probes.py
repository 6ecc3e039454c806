"""The probes of a container app that keep a revision from becoming ready."""

from collections.abc import Iterator, Mapping

from infra.rehearsal.plan import Plan, Value
from infra.rehearsal.rules.apps import APP, apps, called, probes_of
from infra.rehearsal.rules.bodies import entries, inside, number, text
from infra.rehearsal.rules.rule import Fault
from infra.rehearsal.world import World

_SECRET = "Microsoft.KeyVault/vaults/secrets"  # noqa: S105 - a type of resource

# How long a revision may take to come up, in seconds. microsoft/azure-container-apps#1219
_PROGRESS_DEADLINE = 600


def is_ready_only_when_an_operator_has_acted(plan: Plan, world: World) -> Iterator[Fault]:
    """Find apps that use a disabled secret and have a probe that decides their revision."""
    disabled = {
        each.name.rpartition("/")[2]: each
        for each in plan.of_type(_SECRET)
        if isinstance(each.name, str)
        and inside(each.properties, "attributes", "enabled") is False
        and not (each.only_if_not_exists and world.has(each))
    }
    for app in apps(plan):
        for container in entries(app.properties, "template", "containers"):
            told = {text(each, "value") for each in entries(container, "env")} & disabled.keys()
            for probe in _deciding(container):
                if _is_of_the_process_alone(probe, container):
                    continue
                for name in sorted(each for each in told if each):
                    yield Fault(
                        app,
                        f"the {text(probe, 'type')} probe of {called(app)} may wait for the secret "
                        f"{name}, which is disabled until an operator sets it",
                    )


def is_asked_for_readiness_by_nobody(plan: Plan, world: World) -> Iterator[Fault]:
    """Find apps without ingress that have a readiness probe."""
    for app in plan.of_type(APP):
        if inside(app.properties, "configuration", "ingress") is not None:
            continue
        for container in entries(app.properties, "template", "containers"):
            if any(_type(each) == "readiness" for each in probes_of(container)):
                yield Fault(app, f"{called(app)} has no ingress, and a readiness probe")


def has_a_probe_that_outlasts_the_deadline(plan: Plan, world: World) -> Iterator[Fault]:
    """Find startup and readiness probes that allow more time than a revision has."""
    for app in apps(plan):
        for container in entries(app.properties, "template", "containers"):
            for probe in _deciding(container):
                allowed = _seconds_allowed(probe)
                if allowed > _PROGRESS_DEADLINE:
                    yield Fault(
                        app,
                        f"the {text(probe, 'type')} probe of {called(app)} allows {allowed} "
                        f"seconds, and the revision has {_PROGRESS_DEADLINE}",
                    )


def has_two_probes_of_one_type(plan: Plan, world: World) -> Iterator[Fault]:
    """Find containers with more than one probe of a type."""
    for app in apps(plan):
        for container in entries(app.properties, "template", "containers"):
            types = [_type(each) for each in probes_of(container)]
            for twice in sorted({each for each in types if each and types.count(each) > 1}):
                yield Fault(
                    app, f"a container of {called(app)} has {types.count(twice)} {twice} probes"
                )


def _type(probe: Mapping[str, Value]) -> str:
    return (text(probe, "type") or "").lower()


def _deciding(container: Mapping[str, Value]) -> Iterator[Mapping[str, Value]]:
    """Yield the probes that a revision has to pass to come up."""
    for probe in probes_of(container):
        if _type(probe) in {"startup", "readiness"}:
            yield probe


def _is_of_the_process_alone(probe: Mapping[str, Value], container: Mapping[str, Value]) -> bool:
    """Return whether a liveness probe asks the same: it would restart an app that only waits."""
    liveness = (each for each in probes_of(container) if _type(each) == "liveness")
    asked = text(probe, "httpGet", "path")
    return asked is not None and any(text(each, "httpGet", "path") == asked for each in liveness)


def _seconds_allowed(probe: Mapping[str, Value]) -> int:
    # The defaults of Kubernetes: a try each ten seconds, three of them.
    tries, period = number(probe, "failureThreshold"), number(probe, "periodSeconds")
    delay = number(probe, "initialDelaySeconds")
    return (delay or 0) + (3 if tries is None else tries) * (10 if period is None else period)
