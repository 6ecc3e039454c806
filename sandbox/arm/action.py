"""What a request to Azure Resource Manager would do, and where."""

from urllib.parse import unquote

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_PROVIDERS = "/providers/"


def named(method: str, path: str) -> tuple[str, str]:
    """The action, by its provider's name, and the scope that it is asked for on.

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
        verb = f"{names.pop()}/action"  # what is done stands behind the name of a resource
    elif provider and len(names) % 2 == 0:
        names.append("")  # all of a kind: on what they lie in
    # Types and names take turns.
    action = "/".join([names[0], *names[1::2], verb])
    if not provider:
        return action, decoded or "/"
    return action, f"{outer}{provider}{'/'.join(names)}" if names[-1] else outer
