"""Reasons of the audit for requests that met a fault of `./keyless fault`."""

from local.doctor.error_texts.explanation import Explanation, Pasted

_REASON = r"a fault: ([a-z0-9-]+):"


def met(text: Pasted) -> Explanation | None:
    """Read the name of the fault."""
    name = text.found(_REASON)
    if not name:
        return None
    # Only here: the faults import the planes, which would double the start time of a command.
    from sandbox.faults import FaultError, fault  # noqa: PLC0415

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
