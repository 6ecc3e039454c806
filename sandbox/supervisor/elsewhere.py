"""Services that others start, such as compose: where they are, and how they are told things."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from sandbox.broken import BrokenError
from sandbox.edge import LOOPBACK, Place
from sandbox.handover import as_exports, hand_over
from sandbox.state import State

# Every address, since a container has one for each of its networks; the listeners close what comes
# to a public one.
ANY_ADDRESS = "0.0.0.0"  # noqa: S104

# What was handed over is good for as long as the sandbox listens on the same ports. The first one
# on a machine has these, which an image exposes; another takes free ones, and keeps them.
IDENTITY_PORT = 42356
PROXY_PORT = 8443
SERVICE_PORT = 8000

AUTHORITY = "ca.pem"
PORTS = "listen-ports.json"


@dataclass(frozen=True)
class Reach:
    """Where the sandbox listens, and under which name it is reached. Port 0 is any free one.

    With `else_any` another port will do where one of these is taken.
    """

    name: str = LOOPBACK
    address: str = LOOPBACK
    identity_port: int = 0
    proxy_port: int = 0
    else_any: bool = False


class AddressError(ValueError):
    """A name under which nobody shall reach the sandbox; the message is a sentence."""


@dataclass(frozen=True)
class Elsewhere:
    """Services that run on other machines of a private network, each under its own name.

    `name` is what they call this machine. What a service has to know lies in a folder of its own
    in `environments`, which is at the same path where the service runs.
    """

    name: str
    environments: Path

    @classmethod
    def reached_as(cls, name: str, environments: Path) -> "Elsewhere":
        """As above. Raises AddressError if `name` leads nowhere, or to a public address."""
        try:
            found = {each[4][0] for each in socket.getaddrinfo(name, None, socket.AF_INET)}
        except OSError as error:
            raise AddressError(f"{name} is no name of this machine: {error.strerror}") from error
        for address in map(str, found):
            if IPv4Address(address).is_unspecified or IPv4Address(address).is_global:
                raise AddressError(f"{name} is {address}, which is no private network's address")
        return cls(name.lower(), environments)

    def hand_over(
        self, service: str, authority: Path, parts: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Write what `service` has to know, for its owner's eyes alone. Raises OSError."""
        exports = {name: as_exports(variables) for name, variables in parts.items()}
        files = {AUTHORITY: authority.read_text("utf-8"), **exports}
        hand_over(self.environments / service, files)

    def authority(self, service: str) -> Path:
        """Where `service` finds the authority to trust."""
        return self.environments / service / AUTHORITY

    def place(self, service: str) -> Place:
        """Where `service` listens, as its image says."""
        return Place(SERVICE_PORT, service)

    def reach(self, state: State) -> Reach:
        """Where such services reach the sandbox of `state`: on the ports that it had before.

        Raises ValueError if the file that keeps them is broken.
        """
        kept = _kept_ports(state)
        if kept is None:
            return Reach(self.name, ANY_ADDRESS, IDENTITY_PORT, PROXY_PORT, else_any=True)
        return Reach(self.name, ANY_ADDRESS, *kept)


def keep_ports(state: State, identity: int, proxy: int) -> None:
    """Remember where services elsewhere were told that the sandbox is. Raises OSError."""
    if _kept_ports(state) != (identity, proxy):
        state.write_json(PORTS, {"identity": identity, "proxy": proxy})


def _kept_ports(state: State) -> tuple[int, int] | None:
    kept = state.read_json(PORTS)
    try:
        return None if kept is None else (int(kept["identity"]), int(kept["proxy"]))
    except (LookupError, TypeError, ValueError) as error:
        raise BrokenError(state.path(PORTS), f"it holds no ports: {error}") from error
