"""Name: the operation that a request to Azure Resource Manager is, its action and its scope."""

from dataclasses import dataclass
from urllib.parse import unquote

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
# An operation of the control plane, which the sandbox does not have.
OTHER = Operation("Other")


@dataclass(frozen=True)
class Named:
    """A request that is understood: `action` is required on `scope` (a resource id)."""

    operation: Operation
    action: str
    scope: str

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Return the right that the operation takes."""
        return (Requirement.of(self.scope, self.action, data=False),)


def name(subscription: str, method: str, path: str) -> Named:
    """Return the operation, in a tenant with one `subscription` (a resource id)."""
    known = {
        "/tenants": TENANTS,
        "/subscriptions": SUBSCRIPTIONS,
        subscription: SUBSCRIPTION,
    }
    operation = known.get(path.rstrip("/").lower(), OTHER) if method == "GET" else OTHER
    return Named(operation, *action_and_scope(method, path))


def action_and_scope(method: str, path: str) -> tuple[str, str]:
    """Return the action, by its provider's name, and the scope that it is required on.

    https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
    """
    decoded = unquote(path).rstrip("/")
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
