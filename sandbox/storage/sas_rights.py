"""The permissions of a SAS, one of which each right that a request takes asks for.

https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas#specify-permissions
Those of an account SAS are as in Azurite's dist/src/blob/authentication/
OperationAccountSASPermission.js, which Microsoft writes.
"""

from collections.abc import Mapping

from sandbox.storage.actions import (
    DELETE,
    FILTER,
    READ,
    READ_TAGS,
    RUN_AS_SUPER_USER,
    WRITE,
    WRITE_OR_ADD,
    WRITE_TAGS,
    Actions,
)
from sandbox.storage.errors import refusal
from sandbox.storage.name import Named
from sandbox.storage.operations import MAKES_A_BLOB
from sandbox.storage.request import Level
from sandbox.storage.sas import PERMISSIONS, Kind, SasCaller

# One of these letters permits an action.
_LETTERS: Mapping[Actions, str] = {
    READ: "r",
    WRITE: "w",
    WRITE_OR_ADD: "wa",
    DELETE: "d",
    READ_TAGS: "t",
    WRITE_TAGS: "t",
    FILTER: "f",
    RUN_AS_SUPER_USER: "i",
}
# Operations that create a blob; a list of blocks does so by the permission to create alone, too:
# Azure/azure-sdk-for-python, azure-storage-blob, tests/test_block_blob.py,
# test_commit_block_list_uds.
_CREATES = MAKES_A_BLOB | {"PutBlockList"}
# Operations that every SAS permits; the parts of a batch are authorized by themselves.
_OF_ANY_SAS = frozenset({"BlobBatch", "GetAccountInfo"})
# Operations that other letters permit than those of their action.
_OF_OPERATIONS: Mapping[str, str] = {
    "ListBlobs": "l",
    "BreakBlobLease": "wd",
    "UndeleteBlob": "w",
    **dict.fromkeys(_CREATES | {"PutBlock", "PutBlockFromURL", "SnapshotBlob"}, "wc"),
    **dict.fromkeys(_OF_ANY_SAS, PERMISSIONS),
}
# Operations on the account or on a container itself, which an account SAS permits, and no other.
_OF_AN_ACCOUNT: Mapping[str, str] = {
    "ListContainers": "l",
    "GetBlobServiceProperties": "r",
    "SetBlobServiceProperties": "w",
    "GetBlobServiceStats": "r",
    "CreateContainer": "cw",
    "GetContainerProperties": "r",
    "GetContainerMetadata": "r",
    "SetContainerMetadata": "w",
    "DeleteContainer": "d",
    "BreakContainerLease": "wd",
    **{f"{each}ContainerLease": "w" for each in ("Acquire", "Change", "Release", "Renew")},
}
_TYPES: Mapping[Level, str] = {Level.SERVICE: "s", Level.CONTAINER: "c", Level.BLOB: "o"}


def check_permissions(named: Named, caller: SasCaller) -> None:
    """Raise Refusal 403 unless the SAS permits all that a request requires.

    https://learn.microsoft.com/rest/api/storageservices/sas-error-codes
    """
    if caller.kind is Kind.ACCOUNT and _type_of(named) not in ("", *caller.resource_types):
        raise refusal("AuthorizationResourceTypeMismatch")
    for letters in _letters_of(named, caller.kind):
        if not letters:
            raise refusal("AuthorizationFailure")
        if not set(letters) & set(caller.permissions):
            error, wanted = refusal("AuthorizationPermissionMismatch"), " or ".join(letters)
            permits = f"the SAS permits {caller.permissions}, and it takes {wanted}"
            error.reason = f"{error.code}: {permits}"
            raise error


def creates_alone(named: Named, caller: SasCaller) -> bool:
    """Return whether a SAS lets a request create a blob, but not replace one."""
    return named.operation.name in _CREATES and "w" not in caller.permissions


def _letters_of(named: Named, kind: Kind) -> list[str]:
    """Return, for each right that a request takes, the letters of which a SAS needs one.

    Of an operation on the container itself, or on the account, there are none, except for an
    account SAS; of one on an access policy, there are none at all.
    """
    first, *others = named.requirements
    own, name = _LETTERS.get(first.any_of, ""), named.operation.name
    letters = _OF_OPERATIONS.get(name, own)
    if kind is Kind.ACCOUNT:
        letters = _OF_AN_ACCOUNT.get(name, letters)
    return [letters, *(_LETTERS.get(each.any_of, "") for each in others)]


def _type_of(named: Named) -> str:
    """Return the resource type that an account SAS must be for, or "" for any."""
    if named.operation.name in _OF_ANY_SAS:
        return ""
    if named.operation.name == "FindBlobsByTags" and named.target.level is Level.SERVICE:
        return "o"
    return _TYPES[named.target.level]
