"""Who may do what: a pure decision over role assignments."""

from sandbox.rbac.action import Action, Need
from sandbox.rbac.decision import (
    Allowed,
    Decision,
    Denied,
    Policy,
    UnknownRoleError,
    scope_and_above,
)
from sandbox.rbac.roles import built_in_roles, holds

__all__ = [
    "Action",
    "Allowed",
    "Decision",
    "Denied",
    "Need",
    "Policy",
    "UnknownRoleError",
    "built_in_roles",
    "holds",
    "scope_and_above",
]
