"""The deployment that a Bicep snapshot describes: the committed one, or any other."""

from sandbox.deployment.builtin_roles import built_in_roles
from sandbox.deployment.deployer import DEPLOYER, standing_assignments
from sandbox.deployment.difference import Difference, Kind, difference
from sandbox.deployment.expressions import ExpressionError
from sandbox.deployment.freshness import digest, edited_since
from sandbox.deployment.ignored import ignored
from sandbox.deployment.in_force import (
    DEPLOYED,
    in_force,
    put_in_force,
    remember,
    source,
    withdraw,
)
from sandbox.deployment.load import as_compiled, load
from sandbox.deployment.principals import Ids, deploy, forget, recreate
from sandbox.deployment.registration import REGISTRATION, Registration, RegistrationError
from sandbox.deployment.resources import (
    Attachment,
    ByHand,
    Component,
    ContainerApp,
    CorrelationFilter,
    DeclaredSecret,
    Deployment,
    EntitySettings,
    Ingress,
    LeftOut,
    Lifecycle,
    Namespace,
    NotEvaluated,
    Principal,
    PrincipalKind,
    Queue,
    RoleAssignment,
    RoleDefinition,
    Rule,
    StorageAccount,
    Subscription,
    Topic,
    Vault,
)
from sandbox.deployment.snapshot import SNAPSHOT, SnapshotError, app_names

__all__ = [
    "DEPLOYED",
    "DEPLOYER",
    "REGISTRATION",
    "SNAPSHOT",
    "Attachment",
    "ByHand",
    "Component",
    "ContainerApp",
    "CorrelationFilter",
    "DeclaredSecret",
    "Deployment",
    "Difference",
    "EntitySettings",
    "ExpressionError",
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
    "ignored",
    "in_force",
    "load",
    "put_in_force",
    "recreate",
    "remember",
    "source",
    "standing_assignments",
    "withdraw",
]
