"""The file by which a user's Python programs find the sandbox under Azure's names."""

from collections.abc import Iterable

from sandbox.edge import LOOPBACK
from sandbox.startup import FILE
from sandbox.state import State
from sandbox.supervisor.trust import FILE as TRUST

HTTPS, AMQPS = 443, 5671


def write_names(state: State, hosts: Iterable[str], *, https: int, amqps: int) -> None:
    """Write the deployment's host names, and the sandbox's port for each of Azure's.

    The file outlives the sandbox: while none runs, a program is refused a connection, and reaches
    no one else under these names. Raises OSError.
    """
    names: dict[str, object] = {
        "hosts": sorted(hosts),
        "address": LOOPBACK,
        "ports": {str(HTTPS): https, str(AMQPS): amqps},
        "trust": str(state.path(TRUST)),
    }
    state.write_json(FILE, names)
