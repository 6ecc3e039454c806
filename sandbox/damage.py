"""A set-up that is not whole any more, and how to tell it from a fault of our own.

Looked for where something has failed, since it takes a third of a second.
"""

import sys
from contextlib import suppress
from importlib.metadata import distributions

# Neither belongs to a set-up: who has changed these knows where to look.
_OURS = ("infra", "local", "sandbox", "services", "tests")


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
    """Why this error is no fault of ours but the set-up's; empty if it is none."""
    lost = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if lost and lost not in _OURS:
        return f"the Python package {lost} is missing; {cure()}"
    return damage()


def cure() -> str:
    """What mends every set-up."""
    return f"delete {sys.prefix} and run ./keyless again"
