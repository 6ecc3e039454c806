"""The usual traps, each recognised by evidence."""

from collections.abc import Callable, Iterator

from local.doctor.evidence import Evidence, Finding
from local.doctor.traps import attached, holders, roles, tokens

Trap = Callable[[Evidence], Iterator[Finding]]

TRAPS: tuple[Trap, ...] = (
    tokens.endpoint_absent,
    tokens.other_tenant,
    tokens.borrowed,
    attached.client_id_missing,
    attached.kept_from_code,
    attached.none_named,
    attached.client_id_of_none,
    holders.made_anew,
    holders.wrong_object_id,
    holders.only_just_granted,
    roles.control_plane,
    roles.scope_too_low,
    roles.token_from_before,
)


def recognised(evidence: Evidence) -> tuple[Finding, ...]:
    """What of the usual traps `evidence` shows."""
    return tuple(finding for trap in TRAPS for finding in trap(evidence))
