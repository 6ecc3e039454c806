"""The permissions of a SAS, one of which each right that a request takes asks for.

https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas#specify-permissions
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
from sandbox.storage.sas import PERMISSIONS

_CREATES = MAKES_A_BLOB | {"SnapshotBlob"}
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
# Operations that other letters permit than those of their action.
_OF_OPERATIONS: Mapping[str, str] = {
    "ListBlobs": "l",
    "BreakBlobLease": "wd",
    "UndeleteBlob": "w",
    **dict.fromkeys(_CREATES, "wc"),
}
# Operations that every SAS permits: a batch, whose parts are authorized by themselves.
_OF_ANY_SAS = frozenset({"BlobBatch"})


def check_permissions(named: Named, permissions: str) -> None:
    """Raise Refusal 403 unless the permissions allow all that a request requires.

    https://learn.microsoft.com/rest/api/storageservices/sas-error-codes
    """
    for letters in letters_of(named):
        if not letters:
            raise refusal("AuthorizationFailure")
        if not set(letters) & set(permissions):
            error = refusal("AuthorizationPermissionMismatch")
            wanted = " or ".join(letters)
            error.reason = f"{error.code}: the SAS permits {permissions}, and it takes {wanted}"
            raise error


def letters_of(named: Named) -> list[str]:
    """Return, for each right that a request takes, the letters of which a SAS needs one.

    Of an operation on the container itself, or on the account, there are none: no SAS permits it.
    """
    operation = named.operation
    first, *others = named.requirements
    letters = _LETTERS.get(first.any_of, "")
    letters = _OF_OPERATIONS.get(operation.name, letters)
    if operation.name in _OF_ANY_SAS:
        letters = PERMISSIONS
    return [letters, *(_LETTERS.get(each.any_of, "") for each in others)]


def creates_alone(named: Named, permissions: str) -> bool:
    """Return whether a SAS lets a request create a blob, but not replace one."""
    return named.operation.name in MAKES_A_BLOB and "w" not in permissions
