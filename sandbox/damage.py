"""A set-up that is not whole any more, or a disk, and how to tell them from a fault of our own.

Looked for where something has failed, since it takes a third of a second.
"""

import errno
import sys
from contextlib import suppress
from importlib.metadata import distributions

# Refused by a disk, or by the owner of a file on it.
_OF_DISKS = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EIO, errno.ENOSPC, errno.EPERM, errno.EROFS}
)
# None belongs to a set-up: who has changed these knows where to look.
_OURS = ("bench", "cli", "infra", "local", "sandbox", "services", "setup", "tests")


def damage() -> str:
    """Which file of a Python package is missing or cut short; empty if each is whole."""
    # An image is built whole, cannot be written to, and has no set-up.
    with suppress(ImportError):
        from setup.complete import broken_file  # noqa: PLC0415

        found = ((each.name, broken_file(each)) for each in distributions())
        for name, file in found:
            if file:
                return f"{file} of {name} is missing or cut short; {cure()}"
    return ""


def of_error(error: BaseException) -> str:
    """Why this error is no fault of ours but the disk's or the set-up's; empty if it is neither."""
    if isinstance(error, OSError) and error.errno in _OF_DISKS and error.filename:
        return f"cannot use {error.filename}: {error.strerror}"
    if broken := damage():
        return broken
    lost = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if lost and lost not in _OURS:
        return f"the Python package {lost} is missing; {cure()}"
    return ""


def cure() -> str:
    """Return the cure that mends every set-up."""
    return f"delete {sys.prefix} and run ./keyless again"
