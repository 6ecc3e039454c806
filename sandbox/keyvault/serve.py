"""Serve: do what was decided on, with the vault's store."""

from collections.abc import Callable, Mapping, Sequence

from sandbox.deployment import DeclaredSecret
from sandbox.keyvault import deleted, lists, live, operations
from sandbox.keyvault.bundle import Json
from sandbox.keyvault.name import Named
from sandbox.keyvault.operations import Operation
from sandbox.keyvault.secret import NewSecret, Properties
from sandbox.keyvault.shelf import Shelf

_DOES: Mapping[Operation, Callable[[Shelf, Named, bytes], Json | None]] = {
    operations.SET: live.put,
    operations.GET: live.get,
    operations.UPDATE: live.update,
    operations.BACKUP: live.back_up,
    operations.RESTORE: live.restore,
    operations.DELETE: deleted.delete,
    operations.GET_DELETED: deleted.get_deleted,
    operations.RECOVER: deleted.recover,
    operations.PURGE: deleted.purge,
    operations.LIST: lists.secrets,
    operations.LIST_DELETED: lists.deleted,
    operations.LIST_VERSIONS: lists.versions,
}

# Where an operation looks for its secret. What makes one, or is of the vault, looks for none; nor
# does a list of versions, which is empty for a secret that does not exist.
_LOOKS: Mapping[Operation, Callable[[Shelf, Named], object]] = {
    operations.GET: Shelf.found,
    operations.UPDATE: Shelf.found,
    operations.BACKUP: Shelf.found,
    operations.DELETE: Shelf.found,
    operations.GET_DELETED: Shelf.found_deleted,
    operations.RECOVER: Shelf.found_deleted,
    operations.PURGE: Shelf.found_deleted,
}


def serve(shelf: Shelf, named: Named, content: bytes) -> Json | None:
    """The body of the answer, or None for 204.

    Raises Refusal; sqlite3.Error or SealBrokenError if the vault's file is damaged.
    """
    shelf.trash.empty(shelf.now())
    return _DOES[named.operation](shelf, named, content)


def refuse_missing(shelf: Shelf, named: Named) -> None:
    """Raises Refusal 404 if the operation is on a secret that is not there."""
    shelf.trash.empty(shelf.now())
    if looks := _LOOKS.get(named.operation):
        looks(shelf, named)


def declare(shelf: Shelf, secrets: Sequence[DeclaredSecret]) -> None:
    """Make what the deployment declares `@onlyIfNotExists`: not what is there, or is deleted."""
    shelf.trash.empty(shelf.now())
    for each in secrets:
        if not shelf.secrets.get(each.name) and not shelf.trash.get(each.name):
            new = NewSecret(each.value, Properties(enabled=each.enabled))
            shelf.secrets.put(each.name, new, shelf.now())
