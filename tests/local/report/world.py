"""Azure's answers about one environment, in the documented forms, with secrets in every text.

Deployments and their operations: Microsoft.Resources 2021-04-01 (DeploymentOperationProperties,
StatusMessage and ErrorResponse of azure-mgmt-resource). Apps, revisions, replicas: examples of
specification/app/resource-manager in Azure/azure-rest-api-specs, 2025-01-01. Role assignments and
rules: the examples of learn.microsoft.com/rest/api. System events: MicrosoftDocs' log-streaming
page. The errors: microsoft/azure-container-apps#646, Azure/azure-dev's error_suggestions.yaml, and
Azure-Samples/azure-search-openai-demo#2220.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

SUBSCRIPTION = "3f1c2b4a-8d5e-4f60-9a7b-1c2d3e4f5a6b"
TENANT = "9b8a7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d"
PERSON = "c0ffee00-1234-4abc-9def-0123456789ab"
PERSON_S_ADDRESS = "jane.doe@contoso-photos.example"
ENVIRONMENT = "janesphotos"
GROUP = f"rg-keyless-{ENVIRONMENT}"
TOKEN = "k7x2m9qd"
ACCOUNT, VAULT = f"st{ENVIRONMENT}{TOKEN}", f"kv-{ENVIRONMENT}-{TOKEN}"
NAMESPACE, REGISTRY = f"sb-keyless-{ENVIRONMENT}-{TOKEN}", f"cr{ENVIRONMENT}{TOKEN}"
DOMAIN = "happyhill-9f3a1c7e.westeurope.azurecontainerapps.io"
ADDRESS, ADDRESS_6 = "203.0.113.77", "2001:db8:85a3::8a2e:370:7334"

# Made up here, so that nothing in this file looks like a secret.
KEY = b64encode(bytes(range(40))).decode()
_PARTS = (b'{"typ":"JWT"}', b'{"oid":""}', b"x" * 32)
JWT = ".".join(b64encode(each).decode().rstrip("=") for each in _PARTS)
SIGNATURE = "=".join(("sig", quote(KEY)))
SAS = f"sv=2024-11-04&ss=b&{SIGNATURE}"
CONNECTION = ";".join((f"AccountName={ACCOUNT}", "=".join(("AccountKey", KEY))))

# Whatever of these is in a report, has leaked.
PLANTED = (
    SUBSCRIPTION,
    TENANT,
    PERSON,
    PERSON_S_ADDRESS,
    ENVIRONMENT,
    TOKEN,
    DOMAIN,
    "happyhill",
    "westeurope",
    "contoso",
    "jane",
    ADDRESS,
    ADDRESS_6,
    JWT,
    JWT.split(".")[0],
    KEY,
    SAS,
    "sig=",
    "AccountKey",
)
# Goes behind each text of Azure's, in each place where one can be.
SECRETS = (
    f" {PERSON_S_ADDRESS} {PERSON} {TENANT} /subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP} "
    f"https://{ACCOUNT}.blob.core.windows.net/x?{SAS} {CONNECTION} Bearer {JWT} {ADDRESS} "
    f"{ADDRESS_6} gateway.{DOMAIN} {REGISTRY}.azurecr.io/gateway:azd-deploy-1 '{VAULT}'"
)

SUB = f"/subscriptions/{SUBSCRIPTION}"
HERE = f"{SUB}/resourceGroups/{GROUP}"
DEPLOYMENTS = "providers/Microsoft.Resources/deployments"
APPS = f"{HERE}/providers/Microsoft.App/containerApps"
ASSIGNMENTS = f"{HERE}/providers/Microsoft.Authorization/roleAssignments"
IDENTITIES = f"{HERE}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
NAMESPACES = f"{HERE}/providers/Microsoft.ServiceBus/namespaces"
STORAGE = f"{HERE}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"


def page(*entries: Any, more: str | None = None) -> Any:
    """A page of a list."""
    return {"value": list(entries), "nextLink": more}


# Deployments


def deployment(
    name: str, at: str, state: str = "Succeeded", scope: str = SUB, **properties: Any
) -> Any:
    """One of azd's; `at` is the minute of a day."""
    return {
        "id": f"{scope}/{DEPLOYMENTS}/{name}",
        "name": name,
        "type": "Microsoft.Resources/deployments",
        "location": "westeurope",
        "tags": {"azd-env-name": ENVIRONMENT, "azd-provision-param-hash": "8f14e45f"},
        "properties": {
            "provisioningState": state,
            "timestamp": f"2026-11-20T{at}:00.1234567Z",
            "duration": "PT10M12.4S",
            "correlationId": PERSON,
            "mode": "Incremental",
            **properties,
        },
    }


def operation(kind: str, target: str, state: str = "Succeeded", **properties: Any) -> Any:
    """One operation; `target` is the id of its resource."""
    return {
        "id": f"{target}/operations/08584",
        "operationId": "08584",
        "properties": {
            "provisioningOperation": "Create",
            "provisioningState": state,
            "timestamp": "2026-11-20T08:09:00.7654321Z",
            "duration": "PT1M1.5S",
            "trackingId": PERSON,
            "statusCode": "OK",
            "targetResource": {
                "id": target,
                "resourceType": kind,
                "resourceName": target.rpartition("/")[2],
            },
            **properties,
        },
    }


def failed(kind: str, target: str, code: str, text: str, status: str = "Conflict") -> Any:
    """A failed operation, whose error names everything that it can."""
    error = {"code": code, "message": text + SECRETS, "target": PERSON_S_ADDRESS}
    message = {"status": "Failed", "error": error}
    return operation(kind, target, "Failed", statusCode=status, statusMessage=message)


def nested(name: str, state: str, scope: str = HERE) -> Any:
    """A module: a deployment in a deployment."""
    target = f"{scope}/{DEPLOYMENTS}/{name}"
    error = {"code": "DeploymentFailed", "message": "At least one operation failed." + SECRETS}
    more = (
        {"statusCode": "Conflict", "statusMessage": {"status": "Failed", "error": error}}
        if state == "Failed"
        else {}
    )
    return operation("Microsoft.Resources/deployments", target, state, **more)


# Apps


def app(name: str, *, scales: bool = False, system: str = "") -> Any:
    """An app with the identity that is named after it, or with a system-assigned one."""
    own = {f"{IDENTITIES}/id-{name}-{ENVIRONMENT}": _identity(name)}
    platform = {f"{IDENTITIES}/id-platform-{ENVIRONMENT}": _identity("platform")}
    metadata = {"namespace": NAMESPACE, "queueName": "photo-uploads", "messageCount": "5"}
    rule = {"name": "backlog", "custom": {"type": "azure-servicebus", "metadata": metadata}}
    return {
        "id": f"{APPS}/{name}",
        "name": name,
        "type": "Microsoft.App/containerApps",
        "location": "West Europe",
        "identity": {
            "type": "SystemAssigned, UserAssigned" if system else "UserAssigned",
            "principalId": system or None,
            "tenantId": TENANT,
            "userAssignedIdentities": platform if system else own | platform,
        },
        "properties": {
            "provisioningState": "Succeeded",
            "latestRevisionName": f"{name}--0000002",
            "latestRevisionFqdn": f"{name}--0000002.{DOMAIN}",
            "outboundIpAddresses": [ADDRESS],
            "template": {"scale": {"minReplicas": 0, "rules": [rule] if scales else None}},
        },
    }


def revision(app_name: str, number: int, at: str, **properties: Any) -> Any:
    """A revision that is well; the first runs the placeholder."""
    placeholder = "mcr.microsoft.com/k8se/quickstart:latest"
    image = placeholder if number == 1 else f"{REGISTRY}.azurecr.io/{app_name}:azd-deploy-1"
    name = f"{app_name}--{number:07}"
    return {
        "id": f"{APPS}/{app_name}/revisions/{name}",
        "name": name,
        "type": "Microsoft.App/containerApps/revisions",
        "properties": {
            "createdTime": f"2026-11-20T{at}:00+00:00",
            "fqdn": f"{name}.{DOMAIN}",
            "template": {
                "containers": [
                    {
                        "image": image,
                        "name": app_name,
                        "env": [{"name": "X", "value": CONNECTION}],
                    }
                ]
            },
            "active": number > 1,
            "replicas": 1,
            "trafficWeight": 100,
            "provisioningState": "Provisioned",
            "healthState": "Healthy",
            "runningState": "Running",
            **properties,
        },
    }


def replica(app_name: str) -> Any:
    """The one replica of the second revision."""
    name = f"{app_name}--0000002-6bf4f9c7d8-x2x4q"
    properties = {"createdTime": "2026-11-20T08:30:05Z", "runningState": "Running"}
    return {"name": name, "properties": properties}


def assignment(principal: str, scope: str, at: str, role: str = "2a2b9908") -> Any:
    """A role assignment."""
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{PERSON}",
        "name": PERSON,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "scope": scope,
            "createdOn": f"2026-11-20T{at}.1234567Z",
            "createdBy": PERSON,
            "description": "A row." + SECRETS,
        },
    }


def principal(name: str) -> str:
    """The object id of an identity."""
    number = sum(map(ord, name))
    return f"{number:08x}-0000-4000-8000-00000000000a"


def _identity(name: str) -> Any:
    return {"principalId": principal(name), "clientId": principal(f"client of {name}")}


def identity(name: str) -> Any:
    """A user-assigned identity of the list."""
    called = f"id-{name}-{ENVIRONMENT}"
    return {"id": f"{IDENTITIES}/{called}", "name": called, "properties": _identity(name)}


# Logs


def refused(operation: str, scope: str, at: str, error: str = "403") -> str:
    """A line of a service that has not proved a right: services/common/health.py."""
    message = f"Not proved yet: {operation} on {scope}: {error}{SECRETS}"
    return logged(at, message, level="WARNING", operation=operation, scope=scope)


def logged(at: str, message: str, **more: str) -> str:
    """A line of a service, with the time that the stream puts before it."""
    time = f"2026-11-20T{at}+00:00"
    record = {"time": time, "level": "INFO", "logger": "services", "message": message, **more}
    return f"{time} stdout F {json.dumps(record)}"


def event(app_name: str, reason: str, at: str, text: str = "") -> Any:
    """A system event; Azure writes its time in two forms."""
    return {
        "TimeStamp": f"2026-11-20 {at} +0000 UTC",
        "Type": "Normal",
        "ContainerAppName": app_name,
        "RevisionName": f"{app_name}--0000002",
        "ReplicaName": "",
        "Msg": text + SECRETS,
        "Reason": reason,
        "EventSource": "KEDA",
        "Count": 1,
    }


# Rules


def rule(name: str, **filter_: Any) -> Any:
    """A rule of a subscription."""
    return {
        "id": f"{NAMESPACES}/{NAMESPACE}/topics/photo-events/subscriptions/catalog/rules/{name}",
        "name": name,
        "type": "Microsoft.ServiceBus/namespaces/topics/subscriptions/rules",
        "properties": {"action": {}, **filter_},
    }


def correlation(label: str) -> Mapping[str, Any]:
    return {"filterType": "CorrelationFilter", "correlationFilter": {"label": label}}


def sql(expression: str) -> Mapping[str, Any]:
    found = {"sqlExpression": expression, "compatibilityLevel": 20}
    return {"filterType": "SqlFilter", "sqlFilter": found}


def rules_of(subscription: str, *rules: Any) -> Mapping[str, Any]:
    """The answers by path."""
    topic = f"{NAMESPACES}/{NAMESPACE}/topics/photo-events"
    namespace = {"id": f"{NAMESPACES}/{NAMESPACE}", "name": NAMESPACE, "location": "westeurope"}
    return {
        NAMESPACES: page(namespace),
        f"{topic}/subscriptions/{subscription}/rules": page(*rules),
    }


def apps_of(*found: tuple[Any, Sequence[Any]]) -> dict[str, Any]:
    """The answers by path: apps with their revisions, and a replica of each newest."""
    answers: dict[str, Any] = {APPS: page(*(each for each, _ in found))}
    for each, revisions in found:
        path = f"{APPS}/{each['name']}/revisions"
        answers[path] = page(*revisions)
        answers[f"{path}/{each['name']}--0000002/replicas"] = page(replica(each["name"]))
    return answers
