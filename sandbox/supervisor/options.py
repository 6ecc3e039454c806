"""The options of one start, from the command line to the endpoints."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.assumptions import LIKELY, Assumptions
from sandbox.deployment import ContainerApp, Deployment
from sandbox.supervisor.developer import AsDeveloper
from sandbox.supervisor.project import NO_PROJECT, Project
from sandbox.supervisor.report import PATIENCE
from sandbox.supervisor.settings import USUAL, Settings

if TYPE_CHECKING:
    from sandbox.supervisor.remote_services import RemoteServices


@dataclass(frozen=True)
class Options:
    """The options of one start.

    The services of `project` are children of the sandbox, unless they are `remote`. `only` limits
    them to those that it names; None stands for all. They act as themselves, unless all run
    `as_developer`. They are overdue after `patience` seconds. A `gallery_port` of 0 is any, and
    None the usual one if it is free.
    """

    project: Project = NO_PROJECT
    gallery_port: int | None = None
    remote: "RemoteServices | None" = None
    as_developer: AsDeveloper | None = None
    assumed: Assumptions = LIKELY
    settings: Settings = USUAL
    only: Collection[str] | None = None
    patience: float = PATIENCE

    def services(self, deployment: Deployment) -> tuple[ContainerApp, ...]:
        """Return the services of `deployment` that run."""
        return chosen(deployment.services, self.only)


def chosen(
    services: tuple[ContainerApp, ...], only: Collection[str] | None
) -> tuple[ContainerApp, ...]:
    """Return the services that `only` names; all of them for None."""
    return tuple(each for each in services if only is None or each.name in only)
