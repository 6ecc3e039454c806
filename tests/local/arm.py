"""A stand-in for Azure Resource Manager, with given answers; it refuses everything else."""

import json
from collections.abc import Mapping
from typing import Any

import requests
from azure.core.credentials import AccessToken
from requests.adapters import BaseAdapter

from local.arm import ARM, ResourceManager


class Credential:
    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == ("https://management.azure.com/.default",)
        return AccessToken("token", 0)


class Arm(BaseAdapter):
    """Gives each path its answer; refuses others as ARM does."""

    def __init__(self, answers: Mapping[str, dict[str, Any]]) -> None:
        super().__init__()
        self.answers = answers

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        assert request.headers["Authorization"] == "Bearer token"
        path, query = str(request.path_url).split("?")
        assert query.startswith("api-version=20")
        answer = requests.Response()
        answer.request = request
        answer.url = request.url or ""
        known = path in self.answers
        answer.status_code = 200 if known else 403
        answer.reason = "OK" if known else "Forbidden"
        answer._content = json.dumps(self.answers.get(path)).encode()
        return answer

    def close(self) -> None:
        pass


def resource_manager(
    session: requests.Session, answers: Mapping[str, dict[str, Any]]
) -> ResourceManager:
    """Return the control plane of a user with the right to read only `answers`, by path."""
    session.mount(ARM, Arm(answers))
    return ResourceManager(session, Credential())
