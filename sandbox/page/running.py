"""The running sandbox, as the page sees it."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sandbox.audit import Gate
from sandbox.deployment import Deployment, Principal
from sandbox.deployment.on_disk import ReadDisk, read_disk
from sandbox.entra import Issuer, SigningKey
from sandbox.faults import Faults
from sandbox.page.open_lab import ReadLab, no_lab
from sandbox.rbac import Assignments
from sandbox.state import State


class Planes(Protocol):
    """The parts of the running planes that the page reads."""

    @property
    def deployment(self) -> Deployment: ...
    @property
    def assignments(self) -> Assignments: ...
    @property
    def gate(self) -> Gate: ...
    @property
    def issuer(self) -> Issuer: ...
    @property
    def key(self) -> SigningKey: ...
    @property
    def clock(self) -> Callable[[], float]: ...
    @property
    def faults(self) -> Faults: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


Json = Mapping[str, Any]
# It carries out a verb of the control channel.
Change = Callable[[str, Json], Awaitable[Json]]


async def _changes_nothing(verb: str, _: Json) -> Json:
    raise ValueError(f"this sandbox takes no {verb}")


@dataclass(frozen=True)
class Running:
    """A running sandbox; its addresses are those for clients on this machine.

    `change` carries out a verb of the control channel, with its errors.
    """

    planes: Planes
    state: State
    proxy: str
    ca: Path
    amqp_port: int = 0
    identity_endpoint: str = ""
    change: Change = _changes_nothing
    read_disk: ReadDisk = read_disk
    read_lab: ReadLab = no_lab


def everyone(deployment: Deployment) -> Iterator[Principal]:
    """Yield each principal of a deployment, the deployer last."""
    yield from (each for each in deployment.principals if each != deployment.deployer)
    yield deployment.deployer
