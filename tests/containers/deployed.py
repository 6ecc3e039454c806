"""The containers that Azure runs, as the compiled Bicep has them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.deployment.snapshot import SNAPSHOT

_APP = "Microsoft.App/containerApps"
# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_UNITS = {"Mi": 2**20, "Gi": 2**30}


@dataclass(frozen=True)
class Deployed:
    """The size of a container, and for how long (s) its startup probe waits for it."""

    cpus: float
    memory: int
    startup: float


def deployed() -> Mapping[str, Deployed]:
    """The container of each app, by the app's name."""
    resources = json.loads(SNAPSHOT.read_text())["predictedResources"]
    apps = [each for each in resources if each["type"] == _APP]
    return {
        each["name"]: _deployed(each["properties"]["template"]["containers"][0]) for each in apps
    }


def _deployed(container: Mapping[str, Any]) -> Deployed:
    size = container["resources"]
    [startup] = [each for each in container["probes"] if each["type"] == "Startup"]
    return Deployed(
        cpus=float(size["cpu"]),
        memory=round(float(size["memory"][:-2]) * _UNITS[size["memory"][-2:]]),
        startup=startup["periodSeconds"] * startup["failureThreshold"],
    )
