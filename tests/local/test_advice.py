"""Advice on missing rights and on competing workers, and the workers that are deployed."""

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from local.advice import deployed_workers, on_rights, on_workers
from local.arm import UnseenError
from local.probes import Missing
from local.rights import Environment, Right
from local.sign_in import SignedIn
from tests.local.arm import resource_manager

ME = SignedIn("me@example.com", "0a1b", "7e4a")
RIGHT = Right("Key Vault Secrets User", "/subscriptions/s/secrets/key", (), ("notifier",))

GROUP = Environment("sub", "rg", "account", "vault", "namespace")
APPS = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.App/containerApps"
WORKERS = ("thumbnailer", "notifier")


def test_another_user_is_advised_to_become_the_developer() -> None:
    advice = on_rights([Missing(RIGHT, refused=True, why="")], ME, "somebody-else")
    assert advice[-1] == "azd env set DEVELOPER_PRINCIPAL_ID 0a1b && azd provision"
    assert "deployed for somebody-else, and you are 0a1b" in advice[0]


def test_the_developer_is_advised_to_wait_and_how_to_grant_it() -> None:
    advice = on_rights([Missing(RIGHT, refused=True, why="")], ME, "0A1B")
    assert "a new role takes minutes to take effect" in advice[0]
    assert "azd provision --no-state" in advice[0]  # else azd deploys no template that it knows
    assert '--role "Key Vault Secrets User" --scope /subscriptions/s/secrets/key' in advice[1]


def test_what_was_not_refused_is_not_granted() -> None:
    assert on_rights([Missing(RIGHT, refused=False, why="no route")], ME, "0a1b") == []


def test_workers_are_counted_and_named() -> None:
    sentence = on_workers({"thumbnailer": 0, "catalog": 1})
    assert "thumbnailer (scaled to zero until a message arrives), catalog (1 running)" in sentence
    assert "azd env set DEPLOY_APPS false" in sentence
    assert on_workers({}) == ""


def app(name: str, revision: str | None) -> dict[str, Any]:
    return {"name": name, "properties": {"latestRevisionName": revision}}


def seen(session: requests.Session, answers: Mapping[str, list[dict[str, Any]]]) -> dict[str, int]:
    listed = {path: {"value": entries} for path, entries in answers.items()}
    return deployed_workers(resource_manager(session, listed), GROUP, WORKERS)


def test_the_replicas_of_workers_are_counted_and_of_no_other_app(session: requests.Session) -> None:
    assert seen(
        session,
        {
            APPS: [app("gateway", "g--1"), app("thumbnailer", "t--7"), app("notifier", None)],
            f"{APPS}/thumbnailer/revisions/t--7/replicas": [{"name": "a"}, {"name": "b"}],
        },
    ) == {"thumbnailer": 2, "notifier": 0}


def test_an_environment_without_apps_has_none(session: requests.Session) -> None:
    assert seen(session, {APPS: []}) == {}


def test_a_listing_that_azure_refuses_is_an_error(session: requests.Session) -> None:
    with pytest.raises(UnseenError, match="403 Client Error: Forbidden"):
        seen(session, {})
