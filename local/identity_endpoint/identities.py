"""The services' identities, and the resources for which each may get tokens."""

import hmac
import json
import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

API_VERSION = "2019-08-01"

# A service with one of these settings gets tokens for its resource, and for no other.
_RESOURCES = {
    "AZURE_STORAGE_BLOB_ENDPOINT": "https://storage.azure.com",
    "AZURE_KEY_VAULT_ENDPOINT": "https://vault.azure.net",
    "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": "https://servicebus.azure.net",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "https://monitor.azure.com",
}
_AUDIENCE = "CATALOG_AUDIENCE"


@dataclass(frozen=True)
class Refusal(Exception):
    """A refusal to issue a token: a status and a message."""

    status: int
    message: str


@dataclass(frozen=True)
class Identity:
    """The header and client id of a service, and the resources for which it gets tokens."""

    service: str
    header: str = field(repr=False)
    client_id: str
    resources: Collection[str]

    def scope(self, query: Mapping[str, str]) -> str:
        """Return the scope of a token request. Raises Refusal, as Container Apps would.

        https://learn.microsoft.com/azure/container-apps/managed-identity#rest-endpoint-reference
        """
        if query.get("api-version") != API_VERSION:
            raise Refusal(400, "The api-version is missing or not supported.")
        if not _names(query, self.client_id):
            raise Refusal(
                400,
                "No User Assigned or Delegated Managed Identity found for specified "
                "ClientId/ResourceId/PrincipalId.",
            )
        resource = query.get("resource", "")
        if resource.rstrip("/") not in self.resources:
            raise Refusal(400, f"{self.service} does not use the resource {resource or '(empty)'}.")
        return f"{resource}/.default"


def resources(settings: Mapping[str, str]) -> frozenset[str]:
    """Return the resources that a service with these settings uses."""
    known = {resource for name, resource in _RESOURCES.items() if settings.get(name)}
    audience = settings.get(_AUDIENCE, "none")
    return frozenset(known | ({audience} - {"none", ""}))


def asking(identities: Iterable[Identity], header: str) -> Identity | None:
    """Return the identity with this header, compared in constant time; None if there is none."""
    given = header.encode("utf-8", "surrogateescape")
    found = [each for each in identities if hmac.compare_digest(each.header.encode(), given)]
    return found[0] if found else None


def kept(path: Path, settings: Mapping[str, Mapping[str, str]]) -> list[Identity]:
    """Return an identity for each service, created at the first start.

    Raises OSError or ValueError.
    """
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for service in settings.keys() - known.keys():
        known[service] = {"header": secrets.token_hex(16), "client_id": str(uuid.uuid4())}
    path.touch(mode=0o600)
    path.write_text(json.dumps(known), "utf-8")
    return [
        Identity(service, resources=resources(told), **known[service])
        for service, told in settings.items()
    ]


def _names(query: Mapping[str, str], client_id: str) -> bool:
    """Return whether a request names the identity of that id, or none."""
    named = [name for name in ("principal_id", "object_id", "mi_res_id") if name in query]
    return not named and query.get("client_id", client_id).lower() == client_id
