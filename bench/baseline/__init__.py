"""The baseline: servers behind the same TLS and proxy that check and store nothing.

The baseline of blobs is Azurite itself: see bench/measures/blob.py.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.process import Process
from sandbox.state import State
from sandbox.supervisor.environment import minimal_environment


@dataclass(frozen=True)
class Baseline:
    """The addresses of the servers: a proxy, the CA of their names, and a port."""

    proxy: str
    ca: str
    amqp_port: int

    def instead(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the same environment with these servers behind its names; its tokens stay real."""
        trust = {"SSL_CERT_FILE": self.ca, "REQUESTS_CA_BUNDLE": self.ca}
        return {**environment, "HTTPS_PROXY": self.proxy, **trust}


@contextmanager
def servers(root: Path, bus: str, vault: str, broker: str = "proton") -> Iterator[Baseline]:
    """Start the servers under these host names. Raises BenchError if they do not start.

    With the broker "bound", the bus is the fastest that Python allows: see bench/bound/bus.py.
    """
    state = State.open(root / f"baseline-{broker}")
    environment = minimal_environment(state.folder("home"))
    with Process("bench.baseline.serve", environment, state.path("bench.log")) as process:
        yield Baseline(**process.ask(state=str(state.root), bus=bus, vault=vault, broker=broker))
