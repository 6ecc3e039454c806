"""The project that the services belong to, as far as the sandbox needs to know it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from sandbox.deployment.on_disk import ReadDisk, read_disk
from sandbox.state import State
from sandbox.supervisor.program import Program

if TYPE_CHECKING:
    from sandbox.page import ReadLab

ForkServerProgram = Callable[[State], Program]
ServiceProgram = Callable[[str, int, Mapping[str, str], State], Program]


def _no_lab(_: State) -> None:
    return None


@dataclass(frozen=True)
class Project:
    """The project that the services belong to.

    `service` returns the program of one service, given its name, a port of loopback, its variables
    and the sandbox's state. `fork_server` returns the program that forks them; without it, each
    starts by itself. `damage` names a broken file of the project's installation, after a crash.
    `read_disk` returns the deployment on disk, and `read_lab` the lab of a state, for the page.
    """

    service: ServiceProgram
    damage: Callable[[], str]
    fork_server: ForkServerProgram | None = None
    read_disk: ReadDisk = read_disk
    read_lab: "ReadLab" = _no_lab


def _never(name: str, _port: int, _variables: Mapping[str, str], _state: State) -> NoReturn:
    raise AssertionError(f"{name} must not be started")


# Endpoints without any services.
NO_PROJECT = Project(_never, str)
