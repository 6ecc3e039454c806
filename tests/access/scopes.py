"""The resource ids of the table's entities."""

from sandbox.deployment import Deployment
from tests.access.rows import (
    ACCOUNT,
    ANOTHER_SECRET,
    API,
    COMPONENT,
    GROUP,
    NAMESPACE,
    REGISTRY,
    TOKEN,
    VAULT,
)


def scope_of(deployment: Deployment, on: str) -> str:
    """The resource id of a row's entity. Raises KeyError if there is none."""
    bus, storage, vault = deployment.bus, deployment.storage, deployment.vault
    known = {
        ACCOUNT: storage.id,
        VAULT: vault.id,
        GROUP: vault.id.partition("/providers/")[0],
        ANOTHER_SECRET: vault.secret_id(ANOTHER_SECRET),
        COMPONENT: deployment.insights.id,
        NAMESPACE: bus.id,
        TOKEN: "",
        API: "",
    }
    if registry := _registry(deployment):
        known[REGISTRY] = registry
    known |= {name: storage.container_id(name) for name in storage.containers}
    known |= {each.name: each.id for each in bus.queues}
    known |= {each.name: each.id for each in bus.topics}
    known |= {
        f"{topic.name}/{each.name}": each.id for topic in bus.topics for each in topic.subscriptions
    }
    known |= {each.name: vault.secret_id(each.name) for each in vault.secrets}
    return known[on]


def _registry(deployment: Deployment) -> str:
    """The sandbox becomes no registry, so it is known by the principals that may pull from it."""
    kind = "/Microsoft.ContainerRegistry/registries/"
    return next((each.scope for each in deployment.assignments if kind in each.scope), "")
