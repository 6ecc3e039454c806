"""The committed snapshot with edits, as another deployment."""

import copy
import json
from pathlib import Path
from typing import Any

from sandbox.deployment import SNAPSHOT

_CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
_QUEUES = "Microsoft.ServiceBus/namespaces/queues"
_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments"
_APPS = "Microsoft.App/containerApps"
_IDENTITIES = "Microsoft.ManagedIdentity/userAssignedIdentities"
_SECRETS = "Microsoft.KeyVault/vaults/secrets"


class EditedSnapshot:
    """A snapshot whose edits can be chained; `write` gives its path."""

    def __init__(self) -> None:
        self.content: dict[str, Any] = json.loads(SNAPSHOT.read_text())

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.content["predictedResources"] if each["type"] == kind]

    def without_role(self, why: str) -> "EditedSnapshot":
        """Remove the one assignment whose description starts so."""
        self.content["predictedResources"].remove(self._assigned(why))
        return self

    def with_role_definition(self, why: str, guid: str) -> "EditedSnapshot":
        """Assign another role by the one assignment whose description starts so."""
        assigned = self._assigned(why)["properties"]
        assigned["roleDefinitionId"] = f"/providers/Microsoft.Authorization/roleDefinitions/{guid}"
        return self

    def with_another(self, kind: str, name: str) -> "EditedSnapshot":
        """Add a copy of the first resource of `kind`, under another name."""
        first = copy.deepcopy(self.of(kind)[0])
        old = first["name"].rsplit("/", 1)[-1]
        for key in ("id", "name"):
            first[key] = first[key].removesuffix(old) + name
        self.content["predictedResources"].append(first)
        return self

    def with_container(self, name: str) -> "EditedSnapshot":
        return self.with_another(_CONTAINERS, name)

    def with_queue(self, name: str) -> "EditedSnapshot":
        return self.with_another(_QUEUES, name)

    def with_secret(self, name: str) -> "EditedSnapshot":
        return self.with_another(_SECRETS, name)

    def with_identity(self, name: str) -> "EditedSnapshot":
        return self.with_another(_IDENTITIES, name)

    def with_variable(self, app: str, name: str, value: str) -> "EditedSnapshot":
        (found,) = [each for each in self.of(_APPS) if each["name"] == app]
        container = found["properties"]["template"]["containers"][0]
        container["env"].append({"name": name, "value": value})
        return self

    def with_lock_duration(self, queue: str, duration: str) -> "EditedSnapshot":
        (found,) = [each for each in self.of(_QUEUES) if each["name"].endswith(f"/{queue}")]
        found["properties"]["lockDuration"] = duration
        return self

    def _assigned(self, why: str) -> dict[str, Any]:
        (found,) = [
            each
            for each in self.of(_ASSIGNMENTS)
            if each["properties"].get("description", "").startswith(why)
        ]
        return found

    def text(self) -> str:
        return json.dumps(self.content)

    def write(self, path: Path) -> None:
        """Write it at once: a watch must not read half of it."""
        draft = path.with_suffix(".draft")
        draft.write_text(self.text())
        draft.replace(path)
