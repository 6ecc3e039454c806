"""Deleted data that Azure would keep, by soft delete or versions: refused, since it is gone here.

A deletion itself is carried out, and its answer says that it was permanent.
https://learn.microsoft.com/azure/storage/blobs/soft-delete-blob-overview
"""

from collections.abc import Mapping

from sandbox.deployment import StorageAccount
from sandbox.storage.errors import not_kept
from sandbox.storage.name import Named
from sandbox.storage.request import Level

_BLOBS, _CONTAINERS = "deleteRetentionPolicy", "containerDeleteRetentionPolicy"
_VERSIONS = "isVersioningEnabled"
# The policy under which a listing would hold more, by its level and a value of `include`.
_INCLUDED: Mapping[tuple[Level, str], str] = {
    (Level.CONTAINER, "deleted"): _BLOBS,
    (Level.CONTAINER, "versions"): _VERSIONS,
    (Level.SERVICE, "deleted"): _CONTAINERS,
}


def check_retention(named: Named, account: StorageAccount) -> None:
    """Raise Refusal 501 for a request about data that only Azure would still have.

    An account without these policies has no such data on Azure either, and is answered.
    """
    if named.operation.name == "UndeleteBlob" and _BLOBS in account.retains:
        raise not_kept(_BLOBS)
    for value in named.target.parameters.get("include", "").split(","):
        policy = _INCLUDED.get((named.target.level, value))
        if policy in account.retains:
            raise not_kept(policy)
