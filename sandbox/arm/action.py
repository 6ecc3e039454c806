"""What a request to Azure Resource Manager would do, and where."""

from urllib.parse import unquote

_VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_RESOURCES = "Microsoft.Resources"


def named(method: str, path: str) -> tuple[str, str]:
    """The action, by its provider's name, and the scope that it is asked for on.

    https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations
    """
    outer, provider, inner = unquote(path).rstrip("/").rpartition("/providers/")
    if not provider:
        # Not a provider's: of subscriptions and resource groups.
        return f"{_RESOURCES}/{_types(inner.lstrip('/'))}/{_verb(method)}", inner or "/"
    namespace, _, rest = inner.partition("/")
    names = rest.split("/")
    if method == "POST" and len(names) % 2:
        *names, what = names
        return f"{namespace}/{_types('/'.join(names))}/{what}/action", f"{outer}/providers/{inner}"
    return f"{namespace}/{_types(rest)}/{_verb(method)}", f"{outer}/providers/{inner}"


def _types(path: str) -> str:
    """`storageAccounts/blobServices` of `storageAccounts/a/blobServices/default`."""
    return "/".join(path.split("/")[::2])


def _verb(method: str) -> str:
    return _VERBS.get(method, "action")
