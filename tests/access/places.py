"""The resource ids of what the table speaks of."""

from sandbox.deployment import Deployment
from tests.access.table import (
    ACCOUNT,
    ANOTHER_SECRET,
    API,
    COMPONENT,
    GROUP,
    REGISTRY,
    TOKEN,
    VAULT,
)


def scope_of(deployment: Deployment, on: str) -> str:
    """The resource id of what a row is on. Raises KeyError if there is no such thing."""
    bus, storage, vault = deployment.bus, deployment.storage, deployment.vault
    known = {
        ACCOUNT: storage.id,
        VAULT: vault.id,
        GROUP: vault.id.partition("/providers/")[0],
        ANOTHER_SECRET: vault.secret_id(ANOTHER_SECRET),
        COMPONENT: _assigned_on(deployment, "Microsoft.Insights/components"),
        REGISTRY: _assigned_on(deployment, "Microsoft.ContainerRegistry/registries"),
        "namespace": bus.id,
        TOKEN: "",
        API: "",
    }
    known |= {name: storage.container_id(name) for name in storage.containers}
    known |= {each.name: each.id for each in bus.queues}
    known |= {each.name: each.id for each in bus.topics}
    known |= {
        f"{topic.name}/{each.name}": each.id for topic in bus.topics for each in topic.subscriptions
    }
    known |= {each.name: vault.secret_id(each.name) for each in vault.secrets}
    return known[on]


def _assigned_on(deployment: Deployment, kind: str) -> str:
    (found,) = {each.scope for each in deployment.assignments if f"/{kind}/" in each.scope}
    return found
