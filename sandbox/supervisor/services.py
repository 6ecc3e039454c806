"""The services that run in the sandbox, and their readiness."""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import aiohttp

from sandbox.deployment.on_disk import ReadDisk, read_disk
from sandbox.state import State
from sandbox.supervisor.processes import Program

if TYPE_CHECKING:
    from sandbox.edge import Address
    from sandbox.page import ReadLab

ServiceProgram = Callable[[str, int, Mapping[str, str], State], Program]


def _no_lab(_: State) -> None:
    return None


@dataclass(frozen=True)
class Project:
    """The project that the services belong to.

    `service` returns the program of one service, given its name, a port of loopback, its variables
    and the sandbox's state. `damage` names a broken file of the project's installation, after a
    crash. `read_disk` returns the deployment on disk, and `read_lab` the lab of a state, for the
    page.
    """

    service: ServiceProgram
    damage: Callable[[], str]
    read_disk: ReadDisk = read_disk
    read_lab: "ReadLab" = _no_lab


def _never(name: str, _port: int, _variables: Mapping[str, str], _state: State) -> NoReturn:
    raise AssertionError(f"{name} must not be started")


# Endpoints without any services.
NO_PROJECT = Project(_never, str)


@dataclass(frozen=True)
class Readiness:
    """The answer of /readyz: ready, or the operations and scopes that are not yet proved."""

    ready: bool
    failing: tuple[str, ...] = ()


async def readiness(session: aiohttp.ClientSession, place: "Address") -> Readiness:
    """Return the readiness of the service at `place`; not ready while it does not answer."""
    try:
        async with session.get(f"{place}/readyz") as answer:
            body = json.loads(await answer.text())
            failing = [_in_words(each) for each in body.get("failing", ())]
            return Readiness(answer.status == 200, tuple(failing))
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return Readiness(False)


def is_taken(port: int) -> bool:
    """Return whether a program listens on a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _in_words(failing: Mapping[str, str]) -> str:
    return " on ".join(filter(None, (failing.get("operation"), failing.get("scope"))))
