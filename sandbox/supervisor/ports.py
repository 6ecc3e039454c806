"""The ports of one sandbox, kept in its state: open shells outlive `down` and `up`."""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from sandbox.broken_files import BrokenFileError
from sandbox.commands import KEYLESS
from sandbox.state import State
from sandbox.storage import free_port

FILE = "ports.json"

_MOVED = (
    "port {} of {} has been taken by another program, so it is {} now; shells that were opened"
    f" before need {KEYLESS} env again"
)
_SHARED = {"identity": "the identity endpoint", "proxy": "the proxy", "amqp": "Service Bus"}


class PortTakenError(OSError):
    """Another program has the requested port."""


@dataclass(frozen=True)
class Ports:
    """The ports of the identity endpoint, the proxy, Service Bus and each service; 0 is any."""

    identity: int = 0
    proxy: int = 0
    amqp: int = 0
    services: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def kept_in(cls, state: State) -> "Ports":
        """Return the ports of the last start. Raises ValueError if their file is broken."""
        kept = state.read_json(FILE) or {}
        try:
            shared = {name: _port(kept.get(name, 0)) for name in _SHARED}
            services = {name: _port(port) for name, port in kept.get("services", {}).items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise BrokenFileError(state.path(FILE), f"it holds no ports: {error}") from error
        return cls(**shared, services=services)

    def keep(self, state: State) -> None:
        """Store the ports for the next start. Raises OSError."""
        state.write_json(FILE, asdict(self))

    def of_services(self, names: Iterable[str]) -> dict[str, int]:
        """Return a port for each service: the one it had, unless another program has it."""
        kept = {name: self.services.get(name, 0) for name in names}
        return {
            name: port if port and not is_taken(port) else free_port()
            for name, port in kept.items()
        }

    def moved(self, now: "Ports") -> tuple[str, ...]:
        """Return a sentence for each of these ports that is another one `now`."""
        then = {_SHARED[name]: getattr(self, name) for name in _SHARED} | dict(self.services)
        found = {_SHARED[name]: getattr(now, name) for name in _SHARED} | dict(now.services)
        return tuple(
            _MOVED.format(port, what, found[what])
            for what, port in then.items()
            if port and found.get(what, port) != port
        )


def is_taken(port: int) -> bool:
    """Return whether a program listens on a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _port(value: object) -> int:
    """Return a port, or 0 for any. Raises ValueError for anything else."""
    if isinstance(value, int) and 0 <= value < 65536:
        return value
    raise ValueError(f"{value!r} is none")
