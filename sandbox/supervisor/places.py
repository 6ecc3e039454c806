"""The addresses of one start: those of the last one, as far as they are free."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.edge import Address
from sandbox.state import State
from sandbox.supervisor.listeners import Listeners, warn_if_not_by_name
from sandbox.supervisor.names import https_port_before
from sandbox.supervisor.ports import HeldPorts, Ports
from sandbox.supervisor.remote_services import ListenAddress, RemoteServices, keep_ports


@dataclass(frozen=True)
class Places:
    """Where the sandbox listens, and where it reaches each service; `before` are the last ports."""

    listen: ListenAddress
    services: dict[str, Address]
    before: Ports
    is_remote: bool = False

    @classmethod
    def of(
        cls,
        state: State,
        services: Iterable[str],
        remote: RemoteServices | None,
        held: HeldPorts,
    ) -> "Places":
        """Return the places for `services` on this machine, with ports of `held`, or `remote` ones.

        Raises OSError, or ValueError if the file that keeps the ports is broken.
        """
        if remote:
            addresses = {name: remote.service_address(name) for name in services}
            return cls(remote.listen_address(state), addresses, Ports(), is_remote=True)
        before = Ports.kept_in(state)
        addresses = {name: Address(held.take(before.services.get(name, 0))) for name in services}
        return cls(_as_before(state, before), addresses, before)

    def keep(self, state: State, started: Listeners) -> tuple[str, ...]:
        """Keep the ports for the next start; return a sentence for each that is another one.

        Raises OSError.
        """
        if self.is_remote:
            if self.listen.https_port:
                warn_if_not_by_name(started)
            keep_ports(state, started.identity_port, started.proxy_port)
            return ()
        now = Ports(
            started.identity_port,
            started.proxy_port,
            started.amqp_port or self.before.amqp,
            {**self.before.services, **{name: at.port for name, at in self.services.items()}},
        )
        now.keep(state)
        return self.before.moved(now)


def _as_before(state: State, before: Ports) -> ListenAddress:
    """Return the address to listen on for this machine, at free ports where others have these."""
    return ListenAddress(
        identity_port=before.identity,
        proxy_port=before.proxy,
        https_port=https_port_before(state),
        amqps_port=before.amqp,
        fallback=True,
    )
