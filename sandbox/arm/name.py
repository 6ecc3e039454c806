"""Name: the operation that a request to Azure Resource Manager is, its action and its scope."""

import re
from dataclasses import dataclass

from sandbox.rbac import Requirement

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_PROVIDERS = "/providers/"


@dataclass(frozen=True)
class Operation:
    """An operation, by the audit's name; `path` tells apart two of the same name."""

    name: str
    path: str = ""


TENANTS = Operation("ListTenants", "/tenants")
SUBSCRIPTIONS = Operation("ListSubscriptions", "/subscriptions")
SUBSCRIPTION = Operation("ListSubscriptions", "/subscriptions/{id}")
LIST_ASSIGNMENTS = Operation("ListRoleAssignments")
GET_ASSIGNMENT = Operation("GetRoleAssignment")
PUT_ASSIGNMENT = Operation("CreateRoleAssignment")
DELETE_ASSIGNMENT = Operation("DeleteRoleAssignment")
LIST_DEFINITIONS = Operation("ListRoleDefinitions")
GET_DEFINITION = Operation("GetRoleDefinition")
LIST_KEYS = Operation("ListStorageAccountKeys")
# An operation of the control plane, which the sandbox does not have.
OTHER = Operation("Other")

_OF_ROLES = {
    ("GET", "roleassignments", False): LIST_ASSIGNMENTS,
    ("GET", "roleassignments", True): GET_ASSIGNMENT,
    ("PUT", "roleassignments", True): PUT_ASSIGNMENT,
    ("DELETE", "roleassignments", True): DELETE_ASSIGNMENT,
    ("GET", "roledefinitions", False): LIST_DEFINITIONS,
    ("GET", "roledefinitions", True): GET_DEFINITION,
}
_KEYS = re.compile(r".*/providers/Microsoft\.Storage/storageAccounts/[^/]+/listKeys", re.IGNORECASE)
_SLASHES = re.compile("/{2,}")
_ROLES = re.compile(
    r"(?P<scope>.*)/providers/Microsoft\.Authorization"
    r"/(?P<kind>roleAssignments|roleDefinitions)(?:/(?P<name>[^/]+))?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Named:
    """A request that is understood: `action` is required on `scope` (a resource id).

    An operation on roles has the scope that they are assigned on (`on`), and one role's `name`.
    """

    operation: Operation
    action: str
    scope: str
    on: str = ""
    name: str = ""

    @property
    def is_of_roles(self) -> bool:
        """True for an operation on role assignments or role definitions."""
        return self.operation in _OF_ROLES.values()

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Return the right that the operation takes."""
        return (Requirement.of(self.scope, self.action, data=False),)


def name(subscription: str, method: str, path: str) -> Named:
    """Return the operation, in a tenant with one `subscription` (a resource id).

    `path` is decoded. Azure's SDKs put an id behind a slash, and leave one where a parent would be,
    which Azure takes: hashicorp/terraform-provider-azurerm#12074
    """
    path = _SLASHES.sub("/", path)
    known = {
        "/tenants": TENANTS,
        "/subscriptions": SUBSCRIPTIONS,
        subscription: SUBSCRIPTION,
    }
    required = action_and_scope(method, path)
    if found := _ROLES.fullmatch(path.rstrip("/")):
        key = method, found["kind"].lower(), found["name"] is not None
        return Named(_OF_ROLES.get(key, OTHER), *required, found["scope"], found["name"] or "")
    if method == "POST" and _KEYS.fullmatch(path.rstrip("/")):
        return Named(LIST_KEYS, *required)
    operation = known.get(path.rstrip("/").lower(), OTHER) if method == "GET" else OTHER
    return Named(operation, *required)


def action_and_scope(method: str, path: str) -> tuple[str, str]:
    """Return the action, by its provider's name, and the scope that it is required on.

    https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
    """
    decoded = path.rstrip("/")
    outer, provider, inner = decoded.rpartition(_PROVIDERS)
    if not provider:
        # Not a provider's own path: of subscriptions and resource groups.
        outer, inner = "", f"Microsoft.Resources{decoded}"
    names = inner.split("/")
    verb = _VERBS.get(method, "action")
    if method == "POST" and len(names) % 2 == 0:
        verb = f"{names.pop()}/action"  # the verb stands behind the name of a resource
    elif provider and len(names) % 2 == 0:
        names.append("")  # all resources of a type: the scope is the one around them
    # Types and names take turns.
    action = "/".join([names[0], *names[1::2], verb])
    if not provider:
        return action, decoded or "/"
    return action, f"{outer}{provider}{'/'.join(names)}" if names[-1] else outer
