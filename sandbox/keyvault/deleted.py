"""Operations of soft delete. Deleting and recovering are done when they are answered.

Azure takes seconds more; a client that waits finds them done at its first look.
"""

from sandbox.keyvault import bundle, errors
from sandbox.keyvault.bundle import Json
from sandbox.keyvault.name import Named
from sandbox.keyvault.shelf import Shelf


def delete(shelf: Shelf, named: Named, _: bytes) -> Json:
    """Delete a secret with all its versions, to be recovered for a while. Raises Refusal 404."""
    shelf.found(named)
    now = shelf.now()
    shelf.trash.put(named.secret, now, now + int(shelf.vault.retention.total_seconds()))
    return bundle.deleted_bundle(shelf.vault, shelf.found_deleted(named))


def get_deleted(shelf: Shelf, named: Named, _: bytes) -> Json:
    """A deleted secret, without its value. Raises Refusal 403 for a disabled one, 404."""
    found = shelf.found_deleted(named)
    # Odd for an answer without a value, but recorded from Azure by its SDK for JavaScript.
    if not found.latest.enabled:
        raise errors.disabled("get")
    return bundle.deleted_bundle(shelf.vault, found)


def recover(shelf: Shelf, named: Named, _: bytes) -> Json:
    """Bring a deleted secret back with all its versions. Raises Refusal 404."""
    shelf.found_deleted(named)
    shelf.trash.recover(named.secret)
    return bundle.bundle(shelf.vault, shelf.found(named))


def purge(shelf: Shelf, named: Named, _: bytes) -> None:
    """Remove a deleted secret for good. Raises Refusal 403 under purge protection, 404."""
    shelf.found_deleted(named)
    if shelf.vault.purge_protection:
        raise errors.purge_protected(shelf.vault.name, shelf.vault.location)
    shelf.trash.purge(named.secret)
