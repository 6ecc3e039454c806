"""The deployment that a Bicep snapshot describes: the committed one, or any other."""

from sandbox.deployment.builtin_roles import built_in_roles, other_built_in_roles
from sandbox.deployment.deployer import DEPLOYER, standing_assignments
from sandbox.deployment.difference import Difference, Kind, difference
from sandbox.deployment.expressions import ExpressionError
from sandbox.deployment.freshness import digest, edited_since
from sandbox.deployment.ignored import ignored
from sandbox.deployment.in_force import (
    DEPLOYED,
    SOURCE,
    in_force,
    is_own,
    mark_as_own,
    origin,
    put_in_force,
    remember,
    source,
    withdraw,
)
from sandbox.deployment.load import as_compiled, freshly_deployed, load
from sandbox.deployment.principals import PRINCIPALS, Ids, deploy, forget, recreate
from sandbox.deployment.registration import REGISTRATION, Registration, RegistrationError
from sandbox.deployment.resources import (
    Attachment,
    Component,
    ContainerApp,
    DeclaredSecret,
    Deployment,
    FederatedCredential,
    Ingress,
    LeftOut,
    Lifecycle,
    Principal,
    PrincipalKind,
    StorageAccount,
    Vault,
)
from sandbox.deployment.roles import ByHand, NotEvaluated, RoleAssignment, RoleDefinition
from sandbox.deployment.service_bus import (
    CorrelationFilter,
    EntitySettings,
    EntityStatus,
    Namespace,
    Queue,
    Rule,
    Subscription,
    Topic,
)
from sandbox.deployment.snapshot import SNAPSHOT, SnapshotError, app_names

__all__ = [
    "DEPLOYED",
    "DEPLOYER",
    "PRINCIPALS",
    "REGISTRATION",
    "SNAPSHOT",
    "SOURCE",
    "Attachment",
    "ByHand",
    "Component",
    "ContainerApp",
    "CorrelationFilter",
    "DeclaredSecret",
    "Deployment",
    "Difference",
    "EntitySettings",
    "EntityStatus",
    "ExpressionError",
    "FederatedCredential",
    "Ids",
    "Ingress",
    "Kind",
    "LeftOut",
    "Lifecycle",
    "Namespace",
    "NotEvaluated",
    "Principal",
    "PrincipalKind",
    "Queue",
    "Registration",
    "RegistrationError",
    "RoleAssignment",
    "RoleDefinition",
    "Rule",
    "SnapshotError",
    "StorageAccount",
    "Subscription",
    "Topic",
    "Vault",
    "app_names",
    "as_compiled",
    "built_in_roles",
    "deploy",
    "difference",
    "digest",
    "edited_since",
    "forget",
    "freshly_deployed",
    "ignored",
    "in_force",
    "is_own",
    "load",
    "mark_as_own",
    "origin",
    "other_built_in_roles",
    "put_in_force",
    "recreate",
    "remember",
    "source",
    "standing_assignments",
    "withdraw",
]
