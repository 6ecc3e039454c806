"""The committed snapshot of the Bicep: the resources as Bicep predicts them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.state import PROJECT

SNAPSHOT = PROJECT / "infra" / "bicep" / "sandbox.snapshot.json"
APP = "Microsoft.App/containerApps"
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"


class SnapshotError(ValueError):
    """A snapshot that the sandbox cannot use."""


@dataclass(frozen=True)
class Snapshot:
    """The resources of a snapshot, as Bicep predicted them."""

    resources: tuple[Mapping[str, Any], ...]
    outputs: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path = SNAPSHOT) -> "Snapshot":
        """Return the snapshot at `path`. Raises SnapshotError if it is missing or broken."""
        try:
            content = json.loads(path.read_text("utf-8"))
            resources, diagnostics = content["predictedResources"], content["diagnostics"]
            outputs = dict(content.get("outputs", {}))
            kinds = [(each["id"].lower(), each["type"].lower()) for each in resources]
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise SnapshotError(f"{path} is no Bicep snapshot: {error}") from error
        if not kinds:
            raise SnapshotError(f"{path} is no Bicep snapshot: there is no resource in it")
        if diagnostics:
            raise SnapshotError(f"{path} is incomplete; Bicep said: {diagnostics[0]}")
        return cls(tuple(resources), outputs)

    def of_type(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """Return the resources of one type."""
        return (each for each in self.resources if each["type"].lower() == kind.lower())

    def only(self, kind: str) -> Mapping[str, Any]:
        """Return the one resource of its type. Raises SnapshotError unless there is exactly one."""
        found = list(self.of_type(kind))
        if len(found) != 1:
            raise SnapshotError(f"the sandbox becomes one {kind}; the snapshot has {len(found)}")
        return found[0]


def app_names() -> tuple[str, ...]:
    """Return the apps of the committed snapshot, in its order. Raises SnapshotError."""
    return tuple(str(each["name"]) for each in Snapshot.read().of_type(APP))
