"""Requests to Azure Resource Manager and to Application Insights."""

import json
import uuid
from collections.abc import Iterator

from sandbox.arm.plane import HOST
from sandbox.deployment import Component, Deployment
from sandbox.deployment.short_names import resource_ids, subscription_of
from sandbox.entra import MANAGEMENT, MONITOR
from sandbox.page.attempts.attempt import Attempt
from sandbox.rbac import Requirement
from sandbox.telemetry.plane import TRACK

_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_API = {"roles": "2022-04-01", "other": "2024-01-01"}
_NOTHING = str(uuid.UUID(int=0))
_JSON = {"Content-Type": "application/json"}
_NOT_HERE = "the sandbox does not carry it out"


def of_roles_on(deployment: Deployment) -> Iterator[Attempt]:
    """Yield requests about the role assignments on each resource."""
    for scope in dict.fromkeys(resource_ids(deployment)):
        listed = Requirement.of(scope, f"{_ASSIGNMENTS}/read", data=False)
        yield _asked("list role assignments", listed, "GET", f"{scope}/providers/{_ASSIGNMENTS}")
        yield _assigning(scope)


def of_entities(deployment: Deployment) -> Iterator[Attempt]:
    """Yield requests to manage entities and secrets: the sandbox refuses them to every caller."""
    for vault in deployment.vaults:
        for secret in vault.secrets:
            on = vault.secret_id(secret.name)
            yield _managing("write the secret's resource", on, "Microsoft.KeyVault/vaults/secrets")
    for namespace in deployment.namespaces:
        kind = "Microsoft.ServiceBus/namespaces"
        for queue in namespace.queues:
            yield from _of_entity("queue", queue.id, f"{kind}/queues")
        for topic in namespace.topics:
            yield from _of_entity("topic", topic.id, f"{kind}/topics")
            for each in topic.subscriptions:
                yield from _of_entity("subscription", each.id, f"{kind}/topics/subscriptions")


def of_component(component: Component) -> Iterator[Attempt]:
    """Yield the requests on a component of Application Insights."""
    yield Attempt(
        "publish telemetry",
        Requirement.of(component.id, TRACK.action),
        audience=MONITOR,
        host=component.host,
        method="POST",
        path="/v2.1/track",
        headers=_JSON,
        body=b"[]",
    )
    kind = "Microsoft.Insights/components"
    yield _managing("delete the component", component.id, kind, "DELETE", "delete")


def _assigning(scope: str) -> Attempt:
    """Return the request for an assignment of a role that does not exist, which assigns nothing."""
    definitions = f"{subscription_of(scope)}/providers/Microsoft.Authorization/roleDefinitions"
    properties = {
        "principalId": _NOTHING,
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"{definitions}/{_NOTHING}",
    }
    path = f"{scope}/providers/{_ASSIGNMENTS}/{_NOTHING}"
    needs = Requirement.of(scope, f"{_ASSIGNMENTS}/write", data=False)
    return _asked("assign a role", needs, "PUT", path, {"properties": properties})


def _of_entity(word: str, scope: str, kind: str) -> Iterator[Attempt]:
    yield _managing(f"read the {word}'s settings", scope, kind, "GET", "read")
    yield _managing(f"change the {word}", scope, kind)


def _managing(
    verb: str, scope: str, kind: str, method: str = "PUT", right: str = "write"
) -> Attempt:
    needs = Requirement.of(scope, f"{kind}/{right}", data=False)
    return _asked(verb, needs, method, scope, {} if method == "PUT" else None, harm=_NOT_HERE)


def _asked(
    verb: str,
    needs: Requirement,
    method: str,
    path: str,
    body: object = None,
    *,
    harm: str = "",
) -> Attempt:
    version = _API["other" if harm else "roles"]
    return Attempt(
        verb,
        needs,
        audience=MANAGEMENT,
        host=HOST,
        method=method,
        path=f"{path}?api-version={version}",
        headers={} if body is None else _JSON,
        body=None if body is None else json.dumps(body).encode(),
        harm=harm,
    )
