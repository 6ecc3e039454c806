"""The proxy of the user's shells, whose key and port outlive a run."""

import secrets
from collections.abc import Mapping

from sandbox.broken_files import BrokenFileError
from sandbox.commands import LOOPBACK
from sandbox.edge import Beyond, Edge
from sandbox.state import State

FILE = "shell-proxy.json"


def start_shell_proxy(state: State, edge: Edge) -> str:
    """Start the proxy; return its address with the key, the same as before if its port is free.

    Raises ValueError if the file that keeps both is broken, and OSError.
    """
    kept = state.read_json(FILE) or {"key": secrets.token_urlsafe(24), "port": 0}
    beyond, port = _parsed(state, kept)
    taken = edge.start_for_shells(beyond, port)
    if taken != port:
        state.write_json(FILE, {"key": beyond.key, "port": taken})
    return beyond.proxy(taken, LOOPBACK)


def _parsed(state: State, kept: Mapping[str, object]) -> tuple[Beyond, int]:
    try:
        return Beyond(str(kept["key"])), int(str(kept["port"]))
    except (LookupError, TypeError, ValueError) as error:
        raise BrokenFileError(state.path(FILE), f"it holds no key and port: {error}") from error
