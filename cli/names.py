"""Short names for what has long ones: actions and resources, as people say and read them."""

import re
from collections.abc import Iterable, Iterator, Sequence

from sandbox.deployment import Deployment

_PREFIXES = (
    "Microsoft.Storage/storageAccounts/blobServices/containers/",
    "Microsoft.Storage/storageAccounts/",
    "Microsoft.KeyVault/vaults/",
    "Microsoft.ServiceBus/namespaces/",
    "Microsoft.Insights/",
)


class AmbiguousError(ValueError):
    """A short name that fits none, or more than one."""


def short_action(action: str) -> str:
    """`blobs/read` for `Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read`."""
    for prefix in _PREFIXES:
        if action.startswith(prefix):
            return action.removeprefix(prefix)
    return action


def short_scope(scope: str) -> str:
    """The kind and name of a resource, `containers/originals`, which tell it apart here."""
    _, provider, resource = scope.partition("/providers/")
    return "/".join(resource.split("/")[-2:]) if provider else scope


def short_role(role: str) -> str:
    """A role without what every other in its place has too: `Azure`, or our environment's token."""
    return re.sub(r" \([a-z0-9]+(-[a-z0-9]+)+\)$", "", role).removeprefix("Azure ")


def resource_ids(deployment: Deployment) -> Iterator[str]:
    """Every resource of the deployment that a role can be assigned on, and what is assigned."""
    storage, vault, bus = deployment.storage, deployment.vault, deployment.bus
    yield from (storage.id, vault.id, bus.id)
    yield from map(storage.container_id, storage.containers)
    yield from (vault.secret_id(each.name) for each in vault.secrets)
    yield from (each.id for each in bus.queues)
    for topic in bus.topics:
        yield topic.id
        yield from (each.id for each in topic.subscriptions)
    yield from (each.scope for each in deployment.assignments)


def the_one(kind: str, wanted: str, known: Iterable[str]) -> str:
    """The one of `known` that `wanted` is, or is the end of. Raises AmbiguousError."""
    choices = sorted(set(known))
    ending = f"/{wanted.strip('/').lower()}"
    # The audit writes an action without its last word: messages/send.
    endings = (ending, f"{ending}/action")
    found = [each for each in choices if f"/{each.lower()}".endswith(endings)]
    exact = [each for each in choices if each.strip("/").lower() == wanted.strip("/").lower()]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        raise AmbiguousError(f"no {kind} ends in {wanted!r}; there are {_listed(choices)}")
    raise AmbiguousError(f"{wanted!r} could be {_listed(found)}; say more of the {kind}")


def for_services(services: Sequence[str]) -> str:
    """For which services something is, as a sentence goes on; empty for none."""
    return f", for {' and '.join(services)}" if services else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(short_action(short_scope(each)) for each in names))
