"""Services on other machines, such as compose's containers: their addresses and environments."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from sandbox.broken_files import BrokenFileError
from sandbox.commands import LOOPBACK
from sandbox.edge import Address
from sandbox.handover import as_exports, hand_over
from sandbox.startup import FILE as NAMES
from sandbox.startup import STARTUP
from sandbox.state import State
from sandbox.supervisor.names import AMQPS, HTTPS, led
from sandbox.supervisor.trust import FILE as TRUST

# Every address, since a container has one per network; listeners close connections to public ones.
_ANY_ADDRESS = "0.0.0.0"  # noqa: S104

# Remote services keep their environment, so the sandbox must keep its ports. The first sandbox on a
# machine has these, which an image exposes; another takes free ones, and keeps them.
IDENTITY_PORT = 42356
PROXY_PORT = 8443
SERVICE_PORT = 8000

AUTHORITY = "ca.pem"
PORTS = "listen-ports.json"


@dataclass(frozen=True)
class ListenAddress:
    """The address and ports to listen on, and the name that services use. Port 0 is a free one.

    With `fallback`, a free port replaces one that is taken. `https_port` and `amqps_port` are for
    clients that use Azure's names and no proxy.
    """

    name: str = LOOPBACK
    address: str = LOOPBACK
    identity_port: int = 0
    proxy_port: int = 0
    https_port: int = 0
    amqps_port: int = 0
    fallback: bool = False


class AddressError(ValueError):
    """A name that must not lead to the sandbox; the message is a sentence."""


@dataclass(frozen=True)
class RemoteServices:
    """Services that run on other machines of a private network, each under its own name.

    `name` is their name for this machine. Each service has a folder in `environments` with its
    variables, mounted at the same path on its own machine.
    """

    name: str
    environments: Path

    @classmethod
    def reached_by(cls, name: str, environments: Path) -> "RemoteServices":
        """Check `name`. Raises AddressError if it is unknown, or leads to a public address."""
        try:
            found = {each[4][0] for each in socket.getaddrinfo(name, None, socket.AF_INET)}
        except OSError as error:
            raise AddressError(f"{name} is not a name of this machine: {error.strerror}") from error
        for address in map(str, found):
            if IPv4Address(address).is_unspecified or IPv4Address(address).is_global:
                raise AddressError(f"{name} is {address}, which is not a private address")
        return cls(name.lower(), environments)

    def hand_over(
        self, service: str, authority: Path, parts: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Write the environment of `service`, readable by its owner alone. Raises OSError."""
        exports = {name: as_exports(variables) for name, variables in parts.items()}
        copied = (authority, authority.with_name(TRUST), STARTUP)
        files = {path.name: path.read_text("utf-8") for path in copied}
        names = {NAMES: json.dumps(led(self.trust(service)))}
        hand_over(self.environments / service, files | names | exports)

    def authority(self, service: str) -> Path:
        """Return the path of the CA file that `service` trusts."""
        return self.environments / service / AUTHORITY

    def trust(self, service: str) -> Path:
        """Return the path of the file with the usual authorities and the sandbox's."""
        return self.environments / service / TRUST

    def service_address(self, service: str) -> Address:
        """Return the address of `service`, whose port its image sets."""
        return Address(SERVICE_PORT, service)

    def listen_address(self, state: State) -> ListenAddress:
        """Return the address to listen on, with the same ports as before.

        Raises ValueError if the file that keeps them is broken.
        """
        kept = _kept_ports(state)
        identity, proxy = kept or (IDENTITY_PORT, PROXY_PORT)
        return ListenAddress(
            self.name, _ANY_ADDRESS, identity, proxy, HTTPS, AMQPS, fallback=kept is None
        )


def keep_ports(state: State, identity: int, proxy: int) -> None:
    """Store the ports that remote services are configured with. Raises OSError."""
    if _kept_ports(state) != (identity, proxy):
        state.write_json(PORTS, {"identity": identity, "proxy": proxy})


def _kept_ports(state: State) -> tuple[int, int] | None:
    kept = state.read_json(PORTS)
    try:
        return None if kept is None else (int(kept["identity"]), int(kept["proxy"]))
    except (LookupError, TypeError, ValueError) as error:
        raise BrokenFileError(state.path(PORTS), f"it holds no ports: {error}") from error
