"""Deployed workers of the same environment, which would take this machine's messages."""

from collections.abc import Sequence

from local.arm import ResourceManager
from local.rights import Environment

_VERSION = "2025-01-01"


def deployed(
    arm: ResourceManager, environment: Environment, workers: Sequence[str]
) -> dict[str, int]:
    """How many replicas each of `workers` has now, if it is deployed. Raises UnseenError.

    learn.microsoft.com/rest/api/resource-manager/containerapps/container-apps-revision-replicas
    """
    apps = f"{environment.group_id}/providers/Microsoft.App/containerApps"
    return {
        app["name"]: _replicas(arm, f"{apps}/{app['name']}", app["properties"])
        for app in arm.listed(apps, _VERSION)
        if app["name"] in workers
    }


def _replicas(arm: ResourceManager, app: str, properties: dict[str, str]) -> int:
    revision = properties.get("latestRevisionName")
    if not revision:
        return 0
    return len(list(arm.listed(f"{app}/revisions/{revision}/replicas", _VERSION)))
