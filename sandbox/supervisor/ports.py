"""The ports of one sandbox, kept in its state: open shells outlive `down` and `up`."""

import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from sandbox.broken_files import BrokenFileError
from sandbox.commands import KEYLESS
from sandbox.state import State

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

    def moved(self, now: "Ports") -> tuple[str, ...]:
        """Return a sentence for each of these ports that is another one `now`."""
        then = {_SHARED[name]: getattr(self, name) for name in _SHARED} | dict(self.services)
        found = {_SHARED[name]: getattr(now, name) for name in _SHARED} | dict(now.services)
        return tuple(
            _MOVED.format(port, what, found[what])
            for what, port in then.items()
            if port and found.get(what, port) != port
        )


class HeldPorts:
    """Ports of loopback that are held for the programs which will listen on them.

    A program binds its port a second or more after the port was chosen. Until then, any socket that
    asks for a free port could get it, even one of this sandbox. So a socket that never listens
    keeps each port bound. With SO_REUSEADDR, which gunicorn and Node.js set too, Linux lets the
    program bind and listen beside it (socket(7)). Elsewhere a port is only chosen, and chosen again
    after a crash.
    """

    def __init__(self) -> None:
        self._held: dict[int, socket.socket] = {}

    def take(self, wanted: int = 0) -> int:
        """Hold a port and return it: the one that is wanted, if it is free. Raises OSError."""
        with suppress(OSError):
            return self._hold(wanted)
        return self._hold(0)

    def replace(self, port: int) -> int:
        """Return another port in place of one that was lost. Raises OSError."""
        other = self.take()
        if held := self._held.pop(port, None):
            held.close()
        return other

    def close(self) -> None:
        """Release every port."""
        while self._held:
            self._held.popitem()[1].close()

    def _hold(self, wanted: int) -> int:
        holder = _bound(wanted)
        port = int(holder.getsockname()[1])
        if sys.platform == "linux":
            self._held[port] = holder
        else:
            holder.close()
        return port


def is_taken(port: int) -> bool:
    """Return whether no program can listen on a port of loopback.

    A connection's own end can have the port too, for a minute after the connection as well.
    """
    try:
        _bound(port).close()
    except OSError:
        return True
    with socket.socket() as probe:  # macOS binds beside a program that listens on all addresses
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _bound(port: int) -> socket.socket:
    """Return a socket bound as a server's is. Raises OSError if the port cannot be had."""
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound


def _port(value: object) -> int:
    """Return a port, or 0 for any. Raises ValueError for anything else."""
    if isinstance(value, int) and 0 <= value < 65536:
        return value
    raise ValueError(f"{value!r} is none")
