"""Operations on one secret that is not deleted: set, get, update, back up; and restore."""

from sandbox.keyvault import backup, base64url, body, bundle, errors
from sandbox.keyvault.bundle import Json
from sandbox.keyvault.name import Named
from sandbox.keyvault.seal import SealBrokenError
from sandbox.keyvault.shelf import Shelf


def put(shelf: Shelf, named: Named, content: bytes) -> Json:
    """A new version, which is the latest from now on. Raises Refusal 400, 409."""
    new = body.new_secret(content)
    shelf.refuse_deleted(named.secret)
    stored = shelf.secrets.put(named.secret, new, shelf.now())
    return bundle.bundle(shelf.vault, stored, new.value)


def get(shelf: Shelf, named: Named, _: bytes) -> Json:
    """A version with its value. Raises Refusal 403 for a disabled one, 404."""
    found = shelf.found(named)
    if not found.enabled:
        raise errors.disabled("get")
    return bundle.bundle(shelf.vault, found, shelf.secrets.value(found))


def update(shelf: Shelf, named: Named, content: bytes) -> Json:
    """Change what is said of a version, never its value. Raises Refusal 400, 404."""
    said = body.changes(content)
    shelf.secrets.update(shelf.found(named), said, shelf.now())
    return bundle.bundle(shelf.vault, shelf.found(named))


def back_up(shelf: Shelf, named: Named, _: bytes) -> Json:
    """All versions, sealed. Raises Refusal 404."""
    shelf.found(named)
    packed = backup.packed(shelf.database, shelf.secrets, named.secret)
    return {"value": base64url.encode(packed)}


def restore(shelf: Shelf, _: Named, content: bytes) -> Json:
    """Bring a backup back under its own name. Raises Refusal 400, 409."""
    packed = body.backup(content)
    try:
        name = backup.name_of(shelf.database, packed)
    except SealBrokenError:
        raise errors.malformed_backup() from None
    shelf.refuse_deleted(name)
    if shelf.secrets.get(name):
        raise errors.already_there(name)
    backup.unpack(shelf.database, packed)
    return bundle.bundle(shelf.vault, shelf.secrets.versions(name)[-1])
