"""Read container apps and jobs, and call them and others by name."""

from collections.abc import Iterable, Mapping, Sequence

from infra.rehearsal.plan import Plan, Step, Value
from infra.rehearsal.rules.bodies import entries

APP = "Microsoft.App/containerApps"
JOB = "Microsoft.App/jobs"


def apps(plan: Plan) -> Sequence[Step]:
    """Return the container apps and jobs that a plan makes."""
    return [*plan.of_type(APP), *plan.of_type(JOB)]


def called(step: Step) -> str:
    """Return a resource's short name: the last part of its name, or its place in the plan."""
    return step.name.rpartition("/")[2] if isinstance(step.name, str) else step.key


def last_part(identifier: str) -> str:
    """Return the short name of a resource id."""
    return identifier.rstrip("/").rpartition("/")[2]


def listed(keys: Iterable[str]) -> str:
    """Name the first of some resources, and count the others."""
    first, *others = keys
    return f"{first} and {len(others)} more" if others else first


def probes_of(container: Mapping[str, Value]) -> Sequence[Mapping[str, Value]]:
    """Return the probes of one container."""
    return entries(container, "probes")


def probes(app: Step) -> Sequence[Mapping[str, Value]]:
    """Return the probes of all containers of an app."""
    containers = entries(app.properties, "template", "containers")
    return [probe for container in containers for probe in probes_of(container)]
