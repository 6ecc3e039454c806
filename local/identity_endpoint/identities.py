"""The services that may ask, and which token each may be given."""

import hmac
import json
import secrets
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

API_VERSION = "2019-08-01"

# Who is told of such a thing gets tokens for it; nobody gets one for anything else.
_RESOURCES = {
    "AZURE_STORAGE_BLOB_ENDPOINT": "https://storage.azure.com",
    "AZURE_KEY_VAULT_ENDPOINT": "https://vault.azure.net",
    "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": "https://servicebus.azure.net",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "https://monitor.azure.com",
}
_AUDIENCE = "CATALOG_AUDIENCE"


@dataclass(frozen=True)
class Refusal(Exception):
    """An answer that holds no token."""

    status: int
    message: str


@dataclass(frozen=True)
class Identity:
    """What one service is known by, and the resources that it may have tokens for."""

    service: str
    header: str = field(repr=False)
    client_id: str
    resources: Collection[str]

    def scope(self, query: Mapping[str, str]) -> str:
        """The scope that a request for a token asks for. Raises Refusal, as Container Apps would.

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
            raise Refusal(400, f"{self.service} uses no {resource or 'resource without a name'}.")
        return f"{resource}/.default"


def resources(settings: Mapping[str, str]) -> frozenset[str]:
    """What a service that is told `settings` uses."""
    known = {resource for name, resource in _RESOURCES.items() if settings.get(name)}
    audience = settings.get(_AUDIENCE, "none")
    return frozenset(known | ({audience} - {"none", ""}))


def asking(identities: Iterable[Identity], header: str) -> Identity | None:
    """Whose `header` it is; compared in constant time, so that none is guessed by measuring."""
    given = header.encode("utf-8", "surrogateescape")
    found = [each for each in identities if hmac.compare_digest(each.header.encode(), given)]
    return found[0] if found else None


def kept(path: Path, settings: Mapping[str, Mapping[str, str]]) -> list[Identity]:
    """An identity for each service, made at the first start. Raises OSError or ValueError."""
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
    """Whether a request is for the identity of that id, or for whichever there is."""
    named = [name for name in ("principal_id", "object_id", "mi_res_id") if name in query]
    return not named and query.get("client_id", client_id).lower() == client_id
