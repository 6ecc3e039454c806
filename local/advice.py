"""Advice on missing rights and on deployed workers that compete for messages."""

from collections.abc import Mapping, Sequence

from local.arm import ResourceManager
from local.az_commands import DEPLOY_AGAIN
from local.probes import Missing
from local.rights import Environment, grant_command
from local.sign_in import SignedIn

_VERSION = "2025-01-01"


def on_rights(missing: Sequence[Missing], who: SignedIn, developer: str) -> list[str]:
    """Return how to obtain the missing rights; `developer` is the environment's own developer."""
    refused = [each for each in missing if each.refused]
    if not refused:
        return []
    if developer.lower() != who.object_id.lower():
        return [
            f"the environment was deployed for {developer or 'no developer'}, and you are "
            f"{who.object_id}; let the deployment grant your rights:",
            f"azd env set DEVELOPER_PRINCIPAL_ID {who.object_id} && azd provision",
        ]
    return [
        "the deployment grants you these rights; a new role takes minutes to take effect. "
        f"If it still has none, an owner runs {DEPLOY_AGAIN}, or grants each one:",
        *(grant_command(each.right, who.object_id) for each in refused),
    ]


def on_workers(replicas: Mapping[str, int]) -> str:
    """Return a warning about deployed workers; empty if there are none."""
    if not replicas:
        return ""
    counted = ", ".join(f"{name} ({_replicas(number)})" for name, number in replicas.items())
    return (
        f"deployed workers of this environment receive its messages too: {counted}. They may "
        "process your uploads. Develop in an environment without apps: azd env new dev && "
        "azd env set DEPLOY_APPS false && azd provision"
    )


def _replicas(number: int) -> str:
    return "scaled to zero until a message arrives" if not number else f"{number} running"


def deployed_workers(
    arm: ResourceManager, environment: Environment, workers: Sequence[str]
) -> dict[str, int]:
    """Return the number of replicas of each deployed worker. Raises UnseenError.

    learn.microsoft.com/rest/api/resource-manager/containerapps/container-apps-revision-replicas
    """
    apps = f"{environment.group_id}/providers/Microsoft.App/containerApps"
    return {
        app["name"]: _count_replicas(arm, f"{apps}/{app['name']}", app["properties"])
        for app in arm.listed(apps, _VERSION)
        if app["name"] in workers
    }


def _count_replicas(arm: ResourceManager, app: str, properties: dict[str, str]) -> int:
    revision = properties.get("latestRevisionName")
    if not revision:
        return 0
    return len(list(arm.listed(f"{app}/revisions/{revision}/replicas", _VERSION)))
