"""Azure RBAC: the role assignments in force, and a pure decision over them."""

from sandbox.deployment import built_in_roles
from sandbox.rbac.actions import action_of, known_actions
from sandbox.rbac.assignments import (
    AssignmentExistsError,
    Assignments,
    AssignmentUpdateError,
    RoleInUseError,
)
from sandbox.rbac.decision import (
    Action,
    Allowed,
    Decision,
    Denied,
    Policy,
    Requirement,
    UnknownRoleError,
    holds,
    scope_and_above,
)
from sandbox.rbac.drift import FILE as DRIFT_FILE
from sandbox.rbac.drift import Drift

__all__ = [
    "DRIFT_FILE",
    "Action",
    "Allowed",
    "AssignmentExistsError",
    "AssignmentUpdateError",
    "Assignments",
    "Decision",
    "Denied",
    "Drift",
    "Policy",
    "Requirement",
    "RoleInUseError",
    "UnknownRoleError",
    "action_of",
    "built_in_roles",
    "holds",
    "known_actions",
    "scope_and_above",
]
