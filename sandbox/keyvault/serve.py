"""Serve: carry out an operation on the vault's secrets.

Deleting and recovering are done when they are answered. Azure takes seconds more; a client that
waits finds them done at its first look.
"""

from collections.abc import Callable, Mapping, Sequence

from sandbox.deployment import DeclaredSecret
from sandbox.keyvault import errors, name, request, response
from sandbox.keyvault.encryption import DecryptionError
from sandbox.keyvault.name import Named, Operation
from sandbox.keyvault.response import Json
from sandbox.keyvault.secret import DeletedSecret, NewSecret, Properties, SecretVersion
from sandbox.keyvault.store import SecretStore


def serve(store: SecretStore, named: Named, content: bytes) -> Json | None:
    """Return the body of the answer, or None for 204.

    Raises Refusal; sqlite3.Error or DecryptionError if the vault's file is damaged.
    """
    store.deleted.purge_due(store.now())
    return _DOES[named.operation](store, named, content)


def refuse_missing(store: SecretStore, named: Named) -> None:
    """Raise Refusal 404 if the operation is on a secret that does not exist."""
    store.deleted.purge_due(store.now())
    if find := _FINDS.get(named.operation):
        find(store, named)


def declare(store: SecretStore, secrets: Sequence[DeclaredSecret]) -> None:
    """Make the secrets that the deployment declares `@onlyIfNotExists`, live or deleted."""
    store.deleted.purge_due(store.now())
    for each in secrets:
        if not store.live.get(each.name) and not store.deleted.get(each.name):
            new = NewSecret(each.value, Properties(enabled=each.enabled))
            store.live.put(each.name, new, store.now())


def _set(store: SecretStore, named: Named, content: bytes) -> Json:
    """Store a new version, the latest from now on. Raises Refusal 400, 409."""
    new = request.new_secret(content)
    _refuse_deleted(store, named.secret)
    stored = store.live.put(named.secret, new, store.now())
    return response.bundle(store.vault, stored, new.value)


def _get(store: SecretStore, named: Named, _: bytes) -> Json:
    """Return a version with its value. Raises Refusal 403 for a disabled one, 404."""
    found = _find(store, named)
    if not found.enabled:
        raise errors.disabled("get")
    return response.bundle(store.vault, found, store.live.value(found))


def _update(store: SecretStore, named: Named, content: bytes) -> Json:
    """Change a version's properties, never its value. Raises Refusal 400, 404."""
    changes = request.changes(content)
    store.live.update(_find(store, named), changes, store.now())
    return response.bundle(store.vault, _find(store, named))


def _back_up(store: SecretStore, named: Named, _: bytes) -> Json:
    """Return all versions, encrypted. Raises Refusal 404."""
    _find(store, named)
    return {"value": request.base64url(store.live.back_up(named.secret))}


def _restore(store: SecretStore, _: Named, content: bytes) -> Json:
    """Bring a backup back under its own name. Raises Refusal 400, 409."""
    backup = request.backup(content)
    try:
        name_in = store.live.name_in(backup)
    except DecryptionError:
        raise errors.malformed_backup() from None
    _refuse_deleted(store, name_in)
    if store.live.get(name_in):
        raise errors.already_there(name_in)
    store.live.restore(backup)
    return response.bundle(store.vault, store.live.versions(name_in)[-1])


def _delete(store: SecretStore, named: Named, _: bytes) -> Json:
    """Delete a secret with all its versions, to be recovered for a while. Raises Refusal 404."""
    _find(store, named)
    now = store.now()
    store.deleted.put(named.secret, now, now + int(store.vault.retention.total_seconds()))
    return response.deleted_bundle(store.vault, _find_deleted(store, named))


def _get_deleted(store: SecretStore, named: Named, _: bytes) -> Json:
    """Return a deleted secret, without its value. Raises Refusal 403 for a disabled one, 404."""
    found = _find_deleted(store, named)
    # Odd for an answer without a value, but recorded from Azure by its SDK for JavaScript.
    if not found.latest.enabled:
        raise errors.disabled("get")
    return response.deleted_bundle(store.vault, found)


def _recover(store: SecretStore, named: Named, _: bytes) -> Json:
    """Bring a deleted secret back with all its versions. Raises Refusal 404."""
    _find_deleted(store, named)
    store.deleted.recover(named.secret)
    return response.bundle(store.vault, _find(store, named))


def _purge(store: SecretStore, named: Named, _: bytes) -> None:
    """Remove a deleted secret for good. Raises Refusal 403 under purge protection, 404."""
    _find_deleted(store, named)
    if store.vault.purge_protection:
        raise errors.purge_protected(store.vault.name, store.vault.location)
    store.deleted.purge(named.secret)


def _list(store: SecretStore, named: Named, _: bytes) -> Json:
    """Return a page of the vault's secrets, in the order of their names."""
    page = named.page
    found = store.live.page(page.after, page.length + 1)
    items = [response.item(store.vault, each) for each in found[: page.length]]
    last = found[page.length - 1].name if len(found) > page.length else None
    return response.listed(store.vault, "secrets", page, items, last)


def _list_deleted(store: SecretStore, named: Named, _: bytes) -> Json:
    """Return a page of the vault's deleted secrets, in the order of their names."""
    page = named.page
    found = store.deleted.page(page.after, page.length + 1)
    items = [response.deleted_item(store.vault, each) for each in found[: page.length]]
    last = found[page.length - 1].latest.name if len(found) > page.length else None
    return response.listed(store.vault, "deletedsecrets", page, items, last)


def _list_versions(store: SecretStore, named: Named, _: bytes) -> Json:
    """Return a page of one secret's versions, in the vault's order of them. Raises Refusal 400.

    A secret that does not exist has no versions, which is no error: Azure/azure-sdk-for-js,
    keyvault-secrets (718a4944, 2022-11): recording_can_list_secret_versions_non_existing.
    """
    page, by_id = named.page, store.versions_by == "id"
    if by_id:
        found = store.live.versions_by_id(named.secret, page.after, page.length + 1)
    else:
        found = store.live.versions(named.secret, request.after_number(page), page.length + 1)
    items = [response.version_item(store.vault, each) for each in found[: page.length]]
    last = None
    if len(found) > page.length:
        end = found[page.length - 1]
        last = end.version if by_id else str(end.sequence)
    return response.listed(store.vault, f"secrets/{named.secret}/versions", page, items, last)


def _find(store: SecretStore, named: Named) -> SecretVersion:
    """Return the version that is named, or the latest. Raises Refusal 404."""
    found = store.live.get(named.secret, named.version)
    if found is None:
        raise errors.not_found(named.secret, named.version)
    return found


def _find_deleted(store: SecretStore, named: Named) -> DeletedSecret:
    """Return the deleted secret that is named. Raises Refusal 404."""
    found = store.deleted.get(named.secret)
    if found is None:
        raise errors.deleted_not_found(named.secret)
    return found


def _refuse_deleted(store: SecretStore, secret: str) -> None:
    """Raise Refusal 409 if the name belongs to a deleted secret."""
    if store.deleted.get(secret):
        raise errors.name_is_deleted(secret)


_DOES: Mapping[Operation, Callable[[SecretStore, Named, bytes], Json | None]] = {
    name.SET: _set,
    name.GET: _get,
    name.UPDATE: _update,
    name.BACKUP: _back_up,
    name.RESTORE: _restore,
    name.DELETE: _delete,
    name.GET_DELETED: _get_deleted,
    name.RECOVER: _recover,
    name.PURGE: _purge,
    name.LIST: _list,
    name.LIST_DELETED: _list_deleted,
    name.LIST_VERSIONS: _list_versions,
}

# The secret that an operation is on. SET makes one, RESTORE and the lists are of the vault; and a
# list of versions is empty for a secret that does not exist.
_FINDS: Mapping[Operation, Callable[[SecretStore, Named], object]] = {
    name.GET: _find,
    name.UPDATE: _find,
    name.BACKUP: _find,
    name.DELETE: _find,
    name.GET_DELETED: _find_deleted,
    name.RECOVER: _find_deleted,
    name.PURGE: _find_deleted,
}
