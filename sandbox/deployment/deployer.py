"""The deployer: a user with rights that precede the deployment, for roles assigned by hand.

No Bicep grants them, on Azure neither: a template that creates a group and assigns roles in it
needs them before. The sandbox has them from its start.
https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-to-subscription
"""

import uuid
from collections.abc import Iterable, Iterator

from sandbox.deployment.resources import Deployment, Principal, PrincipalKind
from sandbox.deployment.roles import RoleAssignment

DEPLOYER = "deployer"

_OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
_NAMESPACE = uuid.UUID("6b1f6f3e-6a0b-5e0c-9f0c-3a1f6c2d7e55")
_WHY = "a fact of the sandbox's start, in no Bicep: the user that deploys"


def deployer_of(subscription_id: str, principals: Iterable[Principal]) -> Principal:
    """Return the deployer: the deployment's own user of this name, else one of a fixed id."""
    own = (each for each in principals if each.name == DEPLOYER)
    made_up = str(uuid.uuid5(_NAMESPACE, f"{subscription_id}/{DEPLOYER}"))
    return next(own, Principal(DEPLOYER, PrincipalKind.USER, made_up, client_id=""))


def standing_assignments(deployment: Deployment) -> Iterator[RoleAssignment]:
    """Yield the deployer's assignments: Owner on each group, Reader on the subscription."""
    subscription = f"/subscriptions/{deployment.subscription_id}"
    for group in deployment.groups:
        yield _assigned(deployment, group, _OWNER)
    yield _assigned(deployment, subscription, _READER)


def _assigned(deployment: Deployment, scope: str, role: str) -> RoleAssignment:
    name = uuid.uuid5(_NAMESPACE, f"{scope}/{deployment.deployer.principal_id}/{role}")
    provider = "providers/Microsoft.Authorization"
    return RoleAssignment(
        id=f"{scope}/{provider}/roleAssignments/{name}",
        scope=scope,
        principal_id=deployment.deployer.principal_id,
        role_definition_id=(
            f"/subscriptions/{deployment.subscription_id}/{provider}/roleDefinitions/{role}"
        ),
        why=_WHY,
    )
