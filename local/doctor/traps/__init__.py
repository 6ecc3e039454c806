"""The usual traps, each recognized from evidence."""

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
    attached.unknown_client_id,
    holders.recreated,
    holders.wrong_object_id,
    holders.only_just_granted,
    roles.control_plane,
    roles.scope_too_narrow,
    roles.stale_token,
)


def recognised(evidence: Evidence) -> tuple[Finding, ...]:
    """Return a finding for each trap that `evidence` shows."""
    return tuple(finding for trap in TRAPS for finding in trap(evidence))
