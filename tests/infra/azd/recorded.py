"""Azure's responses, in their real shapes.

Role assignments: https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope
Deployments, with the role assignments of their modules among outputResources: as azd's own tests
recorded them. Revisions and replicas: https://learn.microsoft.com/rest/api/resource-manager/containerapps
The system log: https://learn.microsoft.com/azure/container-apps/log-streaming
That the log stream puts a time before each line is from memory; both forms are read.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.deployment.expressions import guid

SUBSCRIPTION = "5ab5c21b-0000-4000-8000-000000000000"
GROUP = "rg-keyless-dev"
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
GATEWAY = "https://gateway.example.com"
_KIND = "providers/Microsoft.Authorization/roleAssignments"

STORAGE = f"{SCOPE}/providers/Microsoft.Storage/storageAccounts/stdev"
ORIGINALS = f"{STORAGE}/blobServices/default/containers/originals"
THUMBNAILS = f"{STORAGE}/blobServices/default/containers/thumbnails"
UPLOADS = f"{SCOPE}/providers/Microsoft.ServiceBus/namespaces/sb-dev/queues/photo-uploads"

READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
SENDER = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"
GATEWAY_ID = "00000000-0000-4000-8000-00000000000a"
THUMBNAILER_ID = "00000000-0000-4000-8000-00000000000b"


def assignment(scope: str, principal: str, role: str, name: str = "", why: str = "") -> Any:
    """A role assignment; by default as access.bicep names it."""
    name = name or guid(scope, principal, role, "keyless")
    definition = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    return {
        "id": f"{scope}/{_KIND}/{name}",
        "name": name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "scope": scope,
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "roleDefinitionId": f"{definition}/{role}",
            "description": why or None,
        },
    }


def deployment(
    name: str, at: str, environment: str | None = "dev", state: str = "Succeeded"
) -> Any:
    """A deployment, as the hooks ask for it."""
    tags = {"azd-env-name": environment, "azd-provision-param-hash": "0"} if environment else None
    return {"name": name, "tags": tags, "state": state, "at": at}


PROBES = [
    {"type": kind, "httpGet": {"path": path, "port": 8000, "scheme": "HTTP"}}
    for kind, path in (("Liveness", "/healthz"), ("Readiness", "/readyz"))
]


def app(
    name: str,
    image: str = "crdev.azurecr.io/app:1",
    probes: Sequence[Any] = PROBES,
    **properties: Any,
) -> Any:
    """An app of `az containerapp list`, by default one that is asked for its readiness."""
    identities = f"{SCOPE}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    return {
        "name": name,
        "tags": {"azd-service-name": name},
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {
                f"{identities}/id-platform-dev": {"principalId": "platform", "clientId": "p"},
                f"{identities}/id-{name}-dev": {"principalId": THUMBNAILER_ID, "clientId": "c"},
            },
        },
        "properties": {
            "latestRevisionName": f"{name}--0000002",
            "configuration": {"activeRevisionsMode": "Single", "ingress": None},
            "template": {
                "containers": [{"name": name, "image": image, "probes": list(probes)}],
                "scale": {"minReplicas": 0, "maxReplicas": 3, "rules": None},
            },
            **properties,
        },
    }


def backlog(queue: str) -> Mapping[str, Any]:
    """The scale rule of a worker."""
    metadata: Any = {"messageCount": "5", "namespace": "sb-dev", "queueName": queue}
    return {"name": "backlog", "custom": {"type": "azure-servicebus", "metadata": metadata}}


def listener(name: str) -> Any:
    """An app that events alone wake: without ingress, and asked only whether it lives."""
    found = app(name, probes=PROBES[:1])
    rule = backlog("")
    del rule["custom"]["metadata"]["queueName"]
    rule["custom"]["metadata"] |= {"topicName": "photo-events", "subscriptionName": name}
    found["properties"]["template"]["scale"]["rules"] = [rule]
    return found


def event(reason: str, message: str, app: str = "notifier") -> Any:
    """A line of the system log."""
    return {
        "TimeStamp": "2026-11-29 21:41:33 +0000 UTC",
        "Type": "Warning",
        "ContainerAppName": app,
        "RevisionName": f"{app}--0000002",
        "ReplicaName": "",
        "Msg": message,
        "Reason": reason,
        "EventSource": "KEDA",
        "Count": 3,
    }


def revision(name: str, **properties: Any) -> Any:
    """A revision of `az containerapp revision list`."""
    healthy = {"active": True, "healthState": "Healthy", "provisioningState": "Provisioned"}
    return {"name": name, "properties": {**healthy, "runningState": "Running", **properties}}


def replica(name: str, *, ready: bool) -> Any:
    """A replica of `az containerapp replica list`."""
    container = {"name": "app", "ready": ready, "started": True, "restartCount": 0}
    return {"name": name, "properties": {"containers": [container]}}


def page(assignments: Sequence[Any], more: str | None = None) -> Any:
    """A page of role assignments, as ARM lists them."""
    return {"value": list(assignments), "nextLink": more}
