"""What findings call the things that they are about."""

from collections.abc import Iterable

from local.rights import Right


def targets(rights: Iterable[Right]) -> str:
    """The entities of `rights`, each once."""
    return ", ".join(dict.fromkeys(each.target for each in rights))


def end(scope: str) -> str:
    """The kind and the name of a resource: `containers/originals`."""
    return "/".join(scope.split("/")[-2:])
