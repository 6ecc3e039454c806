"""Azure RBAC: a pure decision over role assignments."""

from sandbox.rbac.decision import (
    Action,
    Allowed,
    Decision,
    Denied,
    Policy,
    Requirement,
    UnknownRoleError,
    built_in_roles,
    holds,
    scope_and_above,
)

__all__ = [
    "Action",
    "Allowed",
    "Decision",
    "Denied",
    "Policy",
    "Requirement",
    "UnknownRoleError",
    "built_in_roles",
    "holds",
    "scope_and_above",
]
