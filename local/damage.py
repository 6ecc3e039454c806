"""Tell a damaged set-up or a failing disk from a fault of the project's own.

Called after a failure only, since it takes a third of a second.
"""

import errno
from contextlib import suppress
from importlib.metadata import distributions

from sandbox.commands import cure

# A disk refuses with these, or the owner of a file on it.
_OF_DISKS = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EIO, errno.ENOSPC, errno.EPERM, errno.EROFS}
)
# The set-up installs none of these: people who changed them know where to look.
_OURS = ("bench", "cli", "infra", "local", "sandbox", "services", "setup", "tests")


def damaged_package() -> str:
    """Name a file of a Python package that is missing or cut short; empty if all are whole."""
    # A container's image is built whole, is read-only, and has no set-up.
    with suppress(ImportError):
        from setup.integrity import broken_file  # noqa: PLC0415

        found = ((each.name, broken_file(each)) for each in distributions())
        for name, file in found:
            if file:
                return f"{file} of {name} is missing or cut short; {cure()}"
    return ""


def cause_outside(error: BaseException) -> str:
    """Name the disk's or the set-up's part in `error`; empty if it has none."""
    if isinstance(error, OSError) and error.errno in _OF_DISKS and error.filename:
        return f"cannot use {error.filename}: {error.strerror}"
    if broken := damaged_package():
        return broken
    lost = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if lost and lost not in _OURS:
        return f"the Python package {lost} is missing; {cure()}"
    return ""
