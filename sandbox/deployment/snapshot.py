"""A snapshot of a Bicep file: its resources as Bicep predicts them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.deployment.expressions import Unresolved
from sandbox.state import PROJECT

SNAPSHOT = PROJECT / "infra" / "bicep" / "sandbox.snapshot.json"

ACCOUNT = "Microsoft.Storage/storageAccounts"
APP = "Microsoft.App/containerApps"
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
COMPONENT = "Microsoft.Insights/components"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
JOB = "Microsoft.App/jobs"
NAMESPACE = "Microsoft.ServiceBus/namespaces"
ROLE = "Microsoft.Authorization/roleDefinitions"
SITE = "Microsoft.Web/sites"
SITE_SETTINGS = f"{SITE}/config"
VAULT = "Microsoft.KeyVault/vaults"

BLOB_SERVICE = f"{ACCOUNT}/blobServices"
CONTAINER = f"{BLOB_SERVICE}/containers"
SECRET = f"{VAULT}/secrets"
QUEUE, TOPIC = f"{NAMESPACE}/queues", f"{NAMESPACE}/topics"
SUBSCRIPTION = f"{TOPIC}/subscriptions"
RULE = f"{SUBSCRIPTION}/rules"
FEDERATED = f"{IDENTITY}/federatedIdentityCredentials"


class SnapshotError(ValueError):
    """A snapshot that the sandbox cannot use."""


@dataclass(frozen=True)
class Snapshot:
    """The resources of a snapshot, as Bicep predicted them.

    `diagnostics` has a sentence for each part that Bicep could not predict.
    """

    resources: tuple[Mapping[str, Any], ...]
    outputs: Mapping[str, Any]
    diagnostics: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path = SNAPSHOT) -> "Snapshot":
        """Return the snapshot at `path`. Raises SnapshotError if it is missing or broken."""
        try:
            content = json.loads(path.read_text("utf-8"))
            resources = tuple(content["predictedResources"])
            outputs = dict(content.get("outputs") or {})
            diagnostics = tuple(map(_sentence, content.get("diagnostics") or ()))
            names = [(each["id"].lower(), each["type"].lower(), each["name"]) for each in resources]
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise SnapshotError(f"{path} is no Bicep snapshot: {error}") from error
        if not names:
            raise SnapshotError(f"{path} is no Bicep snapshot: there is no resource in it")
        return cls(resources, outputs, diagnostics)

    def of_type(self, *kinds: str) -> Iterator[Mapping[str, Any]]:
        """Return the resources of any of these types."""
        wanted = {each.lower() for each in kinds}
        return (each for each in self.resources if each["type"].lower() in wanted)

    def children(self, parent: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
        """Return the resources of one type below `parent`."""
        prefix = f"{parent['name']}/".lower()
        return (each for each in self.of_type(kind) if each["name"].lower().startswith(prefix))


@contextmanager
def about(resource: Mapping[str, Any]) -> Iterator[None]:
    """Raise a malformed property of `resource` as a SnapshotError that names the resource."""
    named = f"{resource['type']} {resource['name']}"
    try:
        yield
    except SnapshotError:
        raise
    except LookupError as error:
        raise SnapshotError(f"{named} lacks {error}") from error
    except (TypeError, AttributeError, ValueError) as error:
        raise SnapshotError(f"{named} is not understood: {error}") from error


def known(properties: Mapping[str, Any] | None, name: str, otherwise: Any = None) -> Any:
    """Return a property, or `otherwise` if it is missing, null, or known only on Azure."""
    value = (properties or {}).get(name)
    return otherwise if value is None or isinstance(value, Unresolved) else value


def required(properties: Mapping[str, Any], name: str) -> Any:
    """Return a property. Raises KeyError if it is missing, TypeError if only Azure knows it."""
    value = properties[name]
    if isinstance(value, Unresolved):
        raise TypeError(f"{name} is {value.text}, which only Azure can evaluate")
    return value


def properties_of(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the properties of a resource; none if it has none."""
    found: Mapping[str, Any] = known(resource, "properties", {})
    return found


def leaf(resource: Mapping[str, Any]) -> str:
    """Return the last segment of a resource's name."""
    return str(resource["name"]).rsplit("/", 1)[-1]


def app_names() -> tuple[str, ...]:
    """Return the apps of the committed snapshot, in its order. Raises SnapshotError."""
    return tuple(str(each["name"]) for each in Snapshot.read().of_type(APP))


def _sentence(diagnostic: Any) -> str:
    said = diagnostic.get("message", diagnostic) if isinstance(diagnostic, dict) else diagnostic
    return " ".join(str(said).split())
