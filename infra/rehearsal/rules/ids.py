"""Resource ids and their hierarchy."""

from collections.abc import Iterator

_PROVIDERS = "/providers/"


def ancestors(identifier: str) -> Iterator[str]:
    """Yield the ids of the resources that contain one, within its provider, from the nearest."""
    before, found, own = identifier.rstrip("/").lower().rpartition(_PROVIDERS)
    if not found:
        return
    parts = own.split("/")
    for length in range(len(parts) - 2, 2, -2):
        yield f"{before}{_PROVIDERS}{'/'.join(parts[:length])}"


def is_nested(identifier: str) -> bool:
    """Return whether an id is that of a child: a secret of a vault, a queue of a namespace."""
    return next(ancestors(identifier), None) is not None


def exists_by_itself(identifier: str) -> bool:
    """Return whether a child is made with its parent, as `blobServices/default` is."""
    return is_nested(identifier) and identifier.rstrip("/").lower().endswith("/default")
