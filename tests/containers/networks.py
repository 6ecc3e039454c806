"""The networks of the compose file as network namespaces: two containers on one reach each other.

A network is a bridge. One that is not internal leads outside, by its gateway; between two bridges
nothing is passed on, as docker sees to by its firewall. The host has an address in each, unless its
gateway mode is `isolated`, as from engine 28 on: "Gateway modes" in
https://docs.docker.com/engine/network/port-publishing/
"""

import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# An address for documentation (RFC 5737) stands for the rest of the world.
OUTSIDE = "203.0.113.1"
_MODE = "com.docker.network.bridge.gateway_mode_ipv4"


@dataclass
class Networks:
    """Namespaces for containers, joined by the bridges of one more, which stands for the host."""

    declared: Mapping[str, Any]
    members: Mapping[str, Sequence[str]]
    prefix: str = field(default_factory=lambda: f"keyless-{secrets.token_hex(3)}")

    def namespace(self, container: str) -> str:
        return f"{self.prefix}-{container}"

    @property
    def host(self) -> str:
        """The namespace of the host, from which published ports are reached."""
        return self.namespace("host")

    def address(self, container: str, network: str) -> str:
        """The address of `container` in `network`."""
        return f"10.89.{self._number(network)}.{10 + list(self.members).index(container)}"

    def hosts_address(self, network: str) -> str:
        """The address of the host in `network`, if it has one there."""
        return f"10.89.{self._number(network)}.1"

    def hosts(self, container: str) -> str:
        """Return the names that `container` resolves: its own, and those on its networks."""
        lines = ["127.0.0.1 localhost"]
        for network in self.members[container]:
            together = [each for each, joined in self.members.items() if network in joined]
            lines += [f"{self.address(each, network)} {each}" for each in together]
        return "\n".join(lines) + "\n"

    @contextmanager
    def up(self) -> Iterator["Networks"]:
        """All of it, for as long as it is needed."""
        try:
            self._make_host()
            for container in self.members:
                self._make(container)
            yield self
        finally:
            for each in ("host", *self.members):
                subprocess.run(["ip", "netns", "del", self.namespace(each)], check=False)

    def _make_host(self) -> None:
        ip("netns", "add", self.host)
        ip("-n", self.host, "link", "set", "lo", "up")
        ip("-n", self.host, "addr", "add", f"{OUTSIDE}/32", "dev", "lo")
        off = ["sysctl", "--quiet", "--write", "net.ipv4.ip_forward=0"]
        ip("netns", "exec", self.host, *off)
        for network in self._used():
            bridge = f"br{self._number(network)}"
            ip("-n", self.host, "link", "add", bridge, "type", "bridge")
            if not self._isolated(network):
                address = f"{self.hosts_address(network)}/24"
                ip("-n", self.host, "addr", "add", address, "dev", bridge)
            ip("-n", self.host, "link", "set", bridge, "up")

    def _make(self, container: str) -> None:
        here = self.namespace(container)
        ip("netns", "add", here)
        ip("-n", here, "link", "set", "lo", "up")
        for network in self.members[container]:
            self._join(container, here, network)

    def _join(self, container: str, here: str, network: str) -> None:
        number = self._number(network)
        inside, outside = f"eth{number}", f"v{number}-{list(self.members).index(container)}"
        pair = ["type", "veth", "peer", "name", outside, "netns", self.host]
        ip("-n", here, "link", "add", inside, *pair)
        ip("-n", here, "addr", "add", f"{self.address(container, network)}/24", "dev", inside)
        ip("-n", here, "link", "set", inside, "up")
        ip("-n", self.host, "link", "set", outside, "master", f"br{number}", "up")
        if not self._internal(network):
            way_out = ["via", self.hosts_address(network), "metric", str(100 + number)]
            ip("-n", here, "route", "add", "default", *way_out)

    def _number(self, network: str) -> int:
        return list(self.declared).index(network) + 1

    def _internal(self, network: str) -> bool:
        return bool((self.declared[network] or {}).get("internal"))

    def _isolated(self, network: str) -> bool:
        options = (self.declared[network] or {}).get("driver_opts", {})
        return self._internal(network) and options.get(_MODE) == "isolated"

    def _used(self) -> Iterator[str]:
        joined = {network for each in self.members.values() for network in each}
        return (each for each in self.declared if each in joined)


def ip(*arguments: str) -> None:
    """Run iproute2's command."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(arguments)}: {done.stderr}"
