"""The lists: secrets, deleted secrets, and the versions of one. No list shows a value."""

from sandbox.keyvault import bundle
from sandbox.keyvault.bundle import Json
from sandbox.keyvault.name import Named
from sandbox.keyvault.query import after_number
from sandbox.keyvault.secret import SecretVersion
from sandbox.keyvault.shelf import Shelf


def secrets(shelf: Shelf, named: Named, _: bytes) -> Json:
    """A page of the vault's secrets, in the order of their names."""
    page = named.page
    found = shelf.secrets.page(page.after, page.length + 1)
    items = [bundle.item(shelf.vault, each) for each in found[: page.length]]
    go_on = found[page.length - 1].name if len(found) > page.length else None
    return bundle.listed(shelf.vault, "secrets", page, items, go_on)


def deleted(shelf: Shelf, named: Named, _: bytes) -> Json:
    """A page of the vault's deleted secrets, in the order of their names."""
    page = named.page
    found = shelf.trash.page(page.after, page.length + 1)
    items = [bundle.deleted_item(shelf.vault, each) for each in found[: page.length]]
    go_on = found[page.length - 1].latest.name if len(found) > page.length else None
    return bundle.listed(shelf.vault, "deletedsecrets", page, items, go_on)


def versions(shelf: Shelf, named: Named, _: bytes) -> Json:
    """Return a page of one secret's versions, in the vault's order of them. Raises Refusal 400.

    A secret that does not exist has no versions, which is no error: Azure/azure-sdk-for-js,
    keyvault-secrets (718a4944, 2022-11): recording_can_list_secret_versions_non_existing.
    """
    page = named.page
    if shelf.versions_by == "id":
        found = shelf.secrets.versions_by_id(named.secret, page.after, page.length + 1)
    else:
        found = shelf.secrets.versions(named.secret, after_number(page), page.length + 1)
    items = [bundle.version_item(shelf.vault, each) for each in found[: page.length]]
    go_on = _place(shelf, found[page.length - 1]) if len(found) > page.length else None
    return bundle.listed(shelf.vault, f"secrets/{named.secret}/versions", page, items, go_on)


def _place(shelf: Shelf, version: SecretVersion) -> str:
    """Where a version stands among those of its secret."""
    return version.version if shelf.versions_by == "id" else str(version.sequence)
