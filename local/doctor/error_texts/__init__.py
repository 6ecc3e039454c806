"""Explanations of pasted Azure errors: the principal, action, scope and role they are about."""

from collections.abc import Callable

from local.doctor.error_texts import (
    api,
    bus,
    deployment,
    entra,
    faults,
    identity,
    network,
    roles,
    storage,
    vault,
)
from local.doctor.error_texts.explanation import Explanation, Pasted

__all__ = ["Explanation", "explain"]

# In this order: the most specific errors first, the texts around them last.
_PATTERNS: tuple[Callable[[Pasted], Explanation | None], ...] = (
    faults.met,
    vault.by_rbac,
    api.by_resource_manager,
    api.by_principal,
    deployment.refused,
    roles.refused,
    bus.by_claim,
    vault.otherwise,
    storage.refused,
    api.by_app_role,
    api.by_token,
    api.by_ingestion,
    bus.otherwise,
    entra.refused,
    identity.refused,
    api.by_management_token,
    storage.otherwise,
    network.unreachable,
)


def explain(text: str) -> Explanation | None:
    """Return the explanation of `text`; None if it is unknown."""
    pasted = Pasted.of(text)
    for pattern in _PATTERNS:
        if explanation := pattern(pasted):
            return explanation
    return None
