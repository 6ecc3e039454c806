"""The host names that lead to the sandbox, and the file that tells Python programs of them."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from sandbox.arm import GRAPH_HOST
from sandbox.arm import HOST as ARM_HOST
from sandbox.commands import LOOPBACK
from sandbox.deployment import Deployment
from sandbox.entra import login
from sandbox.startup import FILE
from sandbox.state import State
from sandbox.supervisor.trust import FILE as TRUST
from sandbox.supervisor.webhook_keys import webhook_keys

HTTPS, AMQPS = 443, 5671
_NONE: Mapping[int, int] = MappingProxyType({})

Json = Mapping[str, Any]


def hosts(deployment: Deployment) -> Iterator[str]:
    """Yield each host name of `deployment`, of Entra and of Resource Manager."""
    yield from (login.HOST, ARM_HOST, GRAPH_HOST)
    yield from (each.host for each in deployment.data_services)
    yield from (each.host for each in deployment.components)
    yield from (each.ingress.host for each in deployment.apps if each.ingress)
    for key in webhook_keys(deployment):
        yield from (urlsplit(addresses[0]).hostname or "" for addresses in key.addresses)


def write_names(state: State, hosts: Iterable[str], *, https: int, amqps: int) -> None:
    """Write the deployment's host names, and the sandbox's port for each of Azure's.

    The file outlives the sandbox: while none runs, a program is refused a connection, and reaches
    no one else under these names. Raises OSError.
    """
    ports = {HTTPS: https, AMQPS: amqps}
    state.write_json(FILE, led(state.path(TRUST), hosts, ports))


def https_port_before(state: State) -> int:
    """Return the port of the last start, so that programs outlive `down` and `up`; else 0."""
    try:
        return int(state.read_json(FILE)["ports"][str(HTTPS)])  # type: ignore[index]
    except (ValueError, TypeError, LookupError):
        return 0


def led(trust: Path, hosts: Iterable[str] = (), ports: Mapping[int, int] = _NONE) -> Json:
    """Return the file's content: the names and ports that are led to loopback, and the trust.

    In a network where Azure's names lead to the sandbox, there are none. A port of 0 is none.
    """
    by_text = {str(azures): own for azures, own in ports.items() if own}
    return {"hosts": sorted(hosts), "address": LOOPBACK, "ports": by_text, "trust": str(trust)}
