"""checkov's verdict on the deployment, and the excuses that the Bicep gives beside each resource.

checkov reads neither Bicep of today nor nested templates (as of 3.3 it passes over them without a
word), so it is shown their expansion: the resources of the snapshot, as one flat template.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.state import PROJECT

BICEP = PROJECT / "infra" / "bicep"
_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_RESOURCE = re.compile(r"^resource \w+ '([\w./]+)@")
_JUDGED = re.compile(r"(Microsoft\.\w+(?:/\w+)+)\.")
_EXCUSE = re.compile(r"^\s*// checkov:skip=(CKV_AZURE_\d+): (.+)$")


@dataclass(frozen=True, order=True)
class Finding:
    """A rule of checkov, and the resource type that it was applied to."""

    rule: str
    resource_type: str


@dataclass(frozen=True)
class Verdict:
    """The passed and the failed checks."""

    passed: frozenset[Finding]
    failed: frozenset[Finding]


def program() -> str | None:
    """checkov, from an environment of its own; None where there is none."""
    return shutil.which(os.environ.get("CHECKOV", str(PROJECT / ".tools/checkov/bin/checkov")))


def template() -> dict[str, object]:
    """The snapshot's resources as an ARM template."""
    snapshot = json.loads((BICEP / "sandbox.snapshot.json").read_text())
    return {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "resources": snapshot["predictedResources"],
    }


def judge(checkov: str, template: dict[str, object], folder: Path) -> Verdict:
    """Have checkov judge a template, without a network."""
    file = folder / "template.json"
    file.write_text(json.dumps(template, indent=2))
    options = ("--framework", "arm", "--output", "json", "--skip-download", "--compact")
    done = subprocess.run(
        [checkov, "--file", str(file), *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    results = json.loads(done.stdout)["results"]
    passed, failed = (map(_finding, results[f"{each}_checks"]) for each in ("passed", "failed"))
    return Verdict(frozenset(passed), frozenset(failed))


def excuses() -> Iterator[tuple[Finding, str]]:
    """Each rule that the Bicep says it does not follow, and the reason."""
    for module in sorted(BICEP.rglob("*.bicep")):
        resource_type = ""
        for line in module.read_text().splitlines():
            if found := _RESOURCE.match(line):
                resource_type = found[1]
            elif excuse := _EXCUSE.match(line):
                yield Finding(excuse[1], resource_type), excuse[2]


def _finding(check: dict[str, str]) -> Finding:
    resource = _JUDGED.match(check["resource"])
    assert resource is not None, check["resource"]
    return Finding(check["check_id"], resource[1])
