"""The role assignments of a deployment, in words."""

from dataclasses import dataclass

from cli.names import short_role, short_scope
from sandbox.deployment import Deployment
from sandbox.rbac import Policy


@dataclass(frozen=True)
class Right:
    """One role assignment, in words."""

    who: str
    role: str
    on: str
    why: str
    scope: str


def rights(deployment: Deployment, identity: str = "") -> list[Right]:
    """Return all rights, or those of `identity`, ordered by principal, then by resource.

    The former ids of a recreated identity have kept their rights, as on Azure.
    """
    policy = Policy.of(deployment)
    return [
        right
        for principal in deployment.principals
        if identity in {"", principal.name}
        for each in principal.every_id
        for right in _rights_of(each, deployment, policy)
    ]


def _rights_of(principal_id: str, deployment: Deployment, policy: Policy) -> list[Right]:
    found = [
        Right(
            who=deployment.names[principal_id],
            role=short_role(policy.role(each).name),
            on=short_scope(each.scope),
            why=each.why,
            scope=each.scope,
        )
        for each in deployment.assignments
        if each.principal_id == principal_id
    ]
    return sorted(found, key=lambda each: each.on)
