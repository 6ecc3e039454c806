"""Deployed workers of the same environment, which would take this machine's messages."""

from collections.abc import Sequence
from typing import Any

import requests
from azure.core.credentials import TokenCredential
from azure.core.exceptions import ClientAuthenticationError

from local.rights import Environment

ARM = "https://management.azure.com"
_VERSION = "2025-01-01"
_SECONDS = 30


class UnseenError(RuntimeError):
    """Azure does not let this user see what is deployed; the message says what it answered."""


def deployed(
    session: requests.Session,
    credential: TokenCredential,
    environment: Environment,
    workers: Sequence[str],
) -> dict[str, int]:
    """How many replicas each of `workers` has now, if it is deployed. Raises UnseenError.

    learn.microsoft.com/rest/api/resource-manager/containerapps/container-apps-revision-replicas
    """
    group = (
        f"/subscriptions/{environment.subscription}/resourceGroups/{environment.group}"
        "/providers/Microsoft.App/containerApps"
    )
    try:
        token = credential.get_token(f"{ARM}/.default").token
        session.headers["Authorization"] = f"Bearer {token}"
        return {
            app["name"]: _replicas(session, f"{group}/{app['name']}", app)
            for app in _listed(session, group)
            if app["name"] in workers
        }
    except (requests.RequestException, ClientAuthenticationError) as error:
        raise UnseenError(str(error).splitlines()[0]) from error


def _replicas(session: requests.Session, app: str, found: dict[str, Any]) -> int:
    revision = found["properties"].get("latestRevisionName")
    return len(_listed(session, f"{app}/revisions/{revision}/replicas")) if revision else 0


def _listed(session: requests.Session, path: str) -> list[dict[str, Any]]:
    answer = session.get(f"{ARM}{path}", params={"api-version": _VERSION}, timeout=_SECONDS)
    answer.raise_for_status()
    return list(answer.json()["value"])
