"""Deployed workers, as the control plane lists them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken
from requests.adapters import BaseAdapter

from local.rights import Environment
from local.workers import ARM, UnseenError, deployed

GROUP = Environment("sub", "rg", "account", "vault", "namespace")
APPS = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.App/containerApps"
WORKERS = ("thumbnailer", "notifier")


class Credential:
    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == ("https://management.azure.com/.default",)
        return AccessToken("token", 0)


class Arm(BaseAdapter):
    """Answers what it was told to each path; else as ARM refuses who may not read there."""

    def __init__(self, answers: Mapping[str, list[dict[str, Any]]]) -> None:
        super().__init__()
        self.answers = answers

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        assert request.headers["Authorization"] == "Bearer token"
        path, query = str(request.path_url).split("?")
        assert query == "api-version=2025-01-01"
        answer = requests.Response()
        answer.request = request
        answer.url = request.url or ""
        known = path in self.answers
        answer.status_code = 200 if known else 403
        answer.reason = "OK" if known else "Forbidden"
        answer._content = json.dumps({"value": self.answers.get(path)}).encode()
        return answer

    def close(self) -> None:
        pass


def app(name: str, revision: str | None) -> dict[str, Any]:
    return {"name": name, "properties": {"latestRevisionName": revision}}


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def seen(session: requests.Session, answers: Mapping[str, list[dict[str, Any]]]) -> dict[str, int]:
    session.mount(ARM, Arm(answers))
    return deployed(session, Credential(), GROUP, WORKERS)


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
