"""The catalog's internal API."""

from typing import Any
from uuid import uuid4

import pytest
from azure.core.exceptions import ServiceRequestError
from flask.testing import FlaskClient

from services.catalog.app import ROLE, create_app
from services.catalog.entries import Entry, to_cursor
from services.catalog.settings import Settings
from services.common.bearer import Bearer, Refused
from tests.services.test_settings import WHOLE

KNOWN = Entry(str(uuid4()), "rejected", "2026-11-03T08:00:00Z", reason="It is broken.")


class FakeIndex:
    """An index with one photo and many pages."""

    handle = None

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, int]] = []
        self.error: Exception | None = None

    def page(self, marker: str | None, limit: int) -> tuple[list[Entry], str | None]:
        if self.error:
            raise self.error
        self.asked.append((marker, limit))
        return [KNOWN], None if marker else "2!88!next"

    def photo(self, photo: str) -> Entry | None:
        return KNOWN if photo == KNOWN.id else None


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> FakeIndex:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", WHOLE["AZURE_TOKEN_CREDENTIALS"])
    return FakeIndex()


@pytest.fixture
def client(index: Any) -> FlaskClient:
    settings = Settings(WHOLE | {"CATALOG_AUDIENCE": "none"})
    return create_app(settings, index).test_client()


def test_a_page_carries_a_cursor_that_leads_to_the_next(
    client: FlaskClient, index: FakeIndex
) -> None:
    page = client.get("/photos?limit=5").get_json()
    assert page["photos"] == [
        {"id": KNOWN.id, "state": "rejected", "created": KNOWN.created, "reason": KNOWN.reason}
    ]
    last = client.get("/photos", query_string={"limit": 5, "cursor": page["next"]}).get_json()
    assert last["next"] is None
    assert index.asked == [(None, 5), ("2!88!next", 5)]


def test_a_broken_cursor_is_a_problem_of_its_own(client: FlaskClient) -> None:
    answer = client.get("/photos", query_string={"cursor": to_cursor("marker")[:-2]})
    assert answer.status_code == 400
    assert answer.get_json(force=True)["type"].endswith(":broken-cursor")


@pytest.mark.parametrize("limit", ["0", "101", "x", ""])
def test_a_limit_out_of_bounds_is_refused(client: FlaskClient, limit: str) -> None:
    assert client.get("/photos", query_string={"limit": limit}).status_code == 400


def test_a_photo_is_found_by_its_id(client: FlaskClient) -> None:
    assert client.get(f"/photos/{KNOWN.id}").get_json()["reason"] == KNOWN.reason
    assert client.get(f"/photos/{uuid4()}").status_code == 404


def test_storage_that_is_down_is_503(client: FlaskClient, index: FakeIndex) -> None:
    index.error = ServiceRequestError("away")
    answer = client.get("/photos")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


class FakeBearer(Bearer):
    """Takes the word `good` for a token with the role, and nothing else."""

    def __init__(self) -> None:
        super().__init__("tenant", "audience")

    def check(self, authorization: str, role: str) -> None:
        if (authorization, role) != ("Bearer good", ROLE):
            raise Refused(403, "insufficient_scope", "no")


@pytest.fixture
def guarded(index: Any) -> FlaskClient:
    return create_app(Settings(WHOLE), index, FakeBearer()).test_client()


@pytest.mark.parametrize("path", ["/photos", f"/photos/{KNOWN.id}"], ids=["all", "one"])
def test_where_tokens_are_asked_for_each_route_takes_the_role(
    guarded: FlaskClient, index: FakeIndex, path: str
) -> None:
    assert guarded.get(path).status_code == 403
    assert guarded.get(path, headers={"Authorization": "Bearer other"}).status_code == 403
    assert index.asked == []
    assert guarded.get(path, headers={"Authorization": "Bearer good"}).status_code == 200


def test_no_route_is_forgotten(guarded: FlaskClient) -> None:
    open_to_all = {"/healthz", "/readyz", "/static/<path:filename>"}
    rules = {str(each) for each in guarded.application.url_map.iter_rules()} - open_to_all
    assert rules == {"/photos", "/photos/<uuid:photo>"}
    for path in ("/healthz", "/readyz"):
        assert guarded.get(path).status_code in {200, 503}
        assert guarded.get(path).get_json().keys() <= {"ok", "failing"}
