"""Short names of scopes and rights in findings."""

from collections.abc import Iterable

from local.rights import Right


def targets(rights: Iterable[Right]) -> str:
    """Return the entities of `rights`, each once."""
    return ", ".join(dict.fromkeys(each.target for each in rights))


def end(scope: str) -> str:
    """Return the kind and name of a resource: `containers/originals`."""
    return "/".join(scope.split("/")[-2:])
