"""Reasons of the audit for requests that met a fault of `./keyless fault`."""

from local.doctor.error_texts.explanation import Explanation, Pasted
from sandbox.faults import FaultError, fault

_REASON = r"a fault: ([a-z0-9-]+):"


def met(text: Pasted) -> Explanation | None:
    """Read the name of the fault."""
    name = text.found(_REASON)
    try:
        does = fault(name).does
    except FaultError:
        return None
    return Explanation(
        "./keyless fault",
        f"A fault is on, or was: {does}. Neither a role nor your code is the cause.",
        do=(
            "./keyless status shows the faults in force.",
            "./keyless fault --end ends them.",
            "docs/faults.md has a row for each: how long it lasts, and where messages wait.",
        ),
    )
