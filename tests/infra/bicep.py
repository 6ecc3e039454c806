"""The Bicep CLI, and its expansion of a parameter file without Azure."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.state import PROJECT

FOLDER = PROJECT / "infra" / "bicep"
PROGRAM = shutil.which(os.environ.get("BICEP", "bicep"))
needs_bicep = pytest.mark.skipif(PROGRAM is None, reason="no Bicep CLI on PATH or in BICEP")

_MARK = "/providers/Microsoft.Authorization/roleAssignments/"
SUBSCRIPTION = "5ab5c21b-0000-4000-8000-000000000000"


@dataclass(frozen=True, order=True)
class Right:
    """A role assignment, without the parts that differ between two deployments of one policy."""

    role: str
    on: str
    why: str


def expand(
    parameters: str, folder: Path, *options: str, subscription: str = SUBSCRIPTION
) -> Mapping[str, Any]:
    """The snapshot of a parameter file, which is written beside a copy of the Bicep."""
    copy = folder / "bicep"
    shutil.copytree(FOLDER, copy)
    (copy / "given.bicepparam").write_text(parameters)
    fixed = ("--subscription-id", subscription, "--location", "westeurope", *options)
    subprocess.run(
        [str(PROGRAM), "snapshot", "given.bicepparam", "--mode", "overwrite", *fixed],
        cwd=copy,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        check=True,
        capture_output=True,
    )
    found: Mapping[str, Any] = json.loads((copy / "given.snapshot.json").read_text())
    assert found["diagnostics"] == []
    return found


def committed() -> Mapping[str, Any]:
    """The snapshot that the sandbox becomes."""
    found: Mapping[str, Any] = json.loads((FOLDER / "sandbox.snapshot.json").read_text())
    return found


def of_type(snapshot: Mapping[str, Any], resource_type: str) -> Sequence[Mapping[str, Any]]:
    """The resources of one type."""
    return [each for each in snapshot["predictedResources"] if each["type"] == resource_type]


def rights(snapshot: Mapping[str, Any]) -> Iterator[Right]:
    """Every role assignment of a snapshot."""
    for each in of_type(snapshot, "Microsoft.Authorization/roleAssignments"):
        given = each["properties"]
        kind, name = _scope(each["id"]).split("/")[-2:]
        on = name if kind in {"containers", "queues", "topics", "subscriptions"} else kind
        yield Right(given["roleDefinitionId"].rsplit("/", 1)[1], on, given["description"])


def _scope(identifier: str) -> str:
    # Where the name is only known at runtime, the scope is the first argument of a function.
    if identifier.startswith("["):
        return identifier.split("'")[1]
    return identifier.rpartition(_MARK)[0]


def parameters(file: str, **environment: str) -> Mapping[str, Any]:
    """Return the values of a parameter file, in an environment with only these variables."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    done = subprocess.run(
        [str(PROGRAM), "build-params", str(FOLDER / file), "--stdout"],
        env={**kept, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(json.loads(done.stdout)["parametersJson"])["parameters"]
    return {name: each["value"] for name, each in found.items()}
