"""Short names of actions, scopes and roles, as people write and read them."""

import re
from collections.abc import Iterator

from sandbox.deployment.resources import Deployment

_PREFIXES = (
    "Microsoft.Storage/storageAccounts/blobServices/containers/",
    "Microsoft.Storage/storageAccounts/",
    "Microsoft.KeyVault/vaults/",
    "Microsoft.ServiceBus/namespaces/",
    "Microsoft.Insights/",
    "Microsoft.Authorization/",
)


def short_action(action: str) -> str:
    """Return an action without its resource type, such as `blobs/read`."""
    for prefix in _PREFIXES:
        if action.startswith(prefix):
            return action.removeprefix(prefix)
    return action


def short_scope(scope: str) -> str:
    """Return the kind and name of a resource or a group, such as `containers/originals`."""
    within = scope.startswith("/subscriptions/")
    return "/".join(scope.rstrip("/").split("/")[-2:]) if within else scope


def short_role(role: str) -> str:
    """Return a role's name without `Azure`, and without the environment's token in parentheses."""
    return re.sub(r" \([a-z0-9]+(-[a-z0-9]+)+\)$", "", role).removeprefix("Azure ")


def subscription_of(scope: str) -> str:
    """Return the id of the subscription that a resource is in."""
    return "/".join(scope.split("/")[:3])


def api_names(deployment: Deployment) -> dict[str, str]:
    """Return the name of the app that serves the registered API, by the API's id."""
    api = deployment.registration.app_id if deployment.registration else ""
    name = next((each.name for each in deployment.apps if api and each.serves(api)), "")
    return {api: name} if name else {}


def resource_ids(deployment: Deployment) -> Iterator[str]:
    """Yield every resource that a role can be assigned on, and every assigned scope."""
    for account in deployment.accounts:
        yield account.id
        yield from map(account.container_id, account.containers)
    for vault in deployment.vaults:
        yield vault.id
        yield from (vault.secret_id(each.name) for each in vault.secrets)
    for namespace in deployment.namespaces:
        yield namespace.id
        yield from (each.id for each in namespace.queues)
        for topic in namespace.topics:
            yield topic.id
            yield from (each.id for each in topic.subscriptions)
    yield from (each.scope for each in deployment.assignments)
