"""Reads a pasted error of Azure: which principal, action, scope and role it is about."""

from collections.abc import Callable

from local.doctor.texts import api, bus, deployment, entra, identity, network, storage, vault
from local.doctor.texts.reading import Pasted, Reading

__all__ = ["Reading", "read"]

# In this order: what names most comes first, and what is said around it last.
_PATTERNS: tuple[Callable[[Pasted], Reading | None], ...] = (
    vault.by_rbac,
    api.by_resource_manager,
    api.by_principal,
    deployment.refused,
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


def read(text: str) -> Reading | None:
    """What `text` says; None if nothing here knows it."""
    pasted = Pasted.of(text)
    for pattern in _PATTERNS:
        if reading := pattern(pasted):
            return reading
    return None
