"""The secret header by which the identity endpoint knows each app."""

import secrets
from collections.abc import Collection, Iterable, Mapping

from sandbox.broken import BrokenError
from sandbox.state import State

_FILE = "identity-headers.json"


def new_headers(apps: Iterable[str]) -> dict[str, str]:
    """Headers for one run, which are never written down."""
    return {app: secrets.token_hex(16) for app in apps}


def kept_headers(state: State, apps: Collection[str]) -> Mapping[str, str]:
    """Headers that outlive a run, for apps that do. Raises ValueError if they are broken."""
    kept = state.read_json(_FILE) or {}
    try:
        headers = new_headers(apps) | {app: kept[app] for app in apps if app in kept}
    except TypeError as error:
        raise BrokenError(state.path(_FILE), "it holds no headers by name") from error
    if headers != kept:
        state.write_json(_FILE, headers)
    return headers
