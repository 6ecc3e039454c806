"""Deployed workers, as the control plane lists them."""

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from local.arm import UnseenError
from local.rights import Environment
from local.workers import deployed
from tests.local.arm import resource_manager

GROUP = Environment("sub", "rg", "account", "vault", "namespace")
APPS = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.App/containerApps"
WORKERS = ("thumbnailer", "notifier")


def app(name: str, revision: str | None) -> dict[str, Any]:
    return {"name": name, "properties": {"latestRevisionName": revision}}


def seen(session: requests.Session, answers: Mapping[str, list[dict[str, Any]]]) -> dict[str, int]:
    listed = {path: {"value": entries} for path, entries in answers.items()}
    return deployed(resource_manager(session, listed), GROUP, WORKERS)


def test_the_replicas_of_workers_are_counted_and_of_nobody_else(session: requests.Session) -> None:
    assert seen(
        session,
        {
            APPS: [app("gateway", "g--1"), app("thumbnailer", "t--7"), app("notifier", None)],
            f"{APPS}/thumbnailer/revisions/t--7/replicas": [{"name": "a"}, {"name": "b"}],
        },
    ) == {"thumbnailer": 2, "notifier": 0}


def test_an_environment_without_apps_has_none(session: requests.Session) -> None:
    assert seen(session, {APPS: []}) == {}


def test_who_may_not_read_there_is_told_so(session: requests.Session) -> None:
    with pytest.raises(UnseenError, match="403 Client Error: Forbidden"):
        seen(session, {})
