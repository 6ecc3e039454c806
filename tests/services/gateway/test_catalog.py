"""The gateway's client of the catalog."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from services.gateway.catalog import ROLE, BrokenCursor, Catalog, CatalogDenied


class FakeSession:
    """A session that gives one answer, and remembers the requests."""

    def __init__(self, status: int, body: bytes = b"{}") -> None:
        self.answer = requests.Response()
        self.answer.status_code = status
        self.answer._content = body
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def get(self, url: str, **options: Any) -> requests.Response:
        self.asked.append((url, options))
        return self.answer


def over(session: FakeSession, token: Callable[[], str] | None = None) -> Catalog:
    return Catalog("http://catalog", session, token)  # type: ignore[arg-type]


def test_a_page_is_asked_for_with_its_cursor_and_a_timeout() -> None:
    session = FakeSession(200, b'{"photos": [], "next": null}')
    assert over(session).page("abc", 5) == {"photos": [], "next": None}
    [(url, options)] = session.asked
    assert url == "http://catalog/photos"
    assert options["params"] == {"cursor": "abc", "limit": 5}
    assert options["timeout"]
    assert options["allow_redirects"] is False


def test_a_broken_cursor_is_told_from_a_catalog_that_is_down() -> None:
    with pytest.raises(BrokenCursor):
        over(FakeSession(400)).page("abc", 5)
    with pytest.raises(requests.RequestException):
        over(FakeSession(503)).page("abc", 5)


@pytest.mark.parametrize("cursor", ["x" * 9000, "\0", "é", "\udcff", "a b", "../photos", "a\r\nb"])
def test_a_cursor_that_cannot_be_the_catalogs_is_not_asked_for(cursor: str) -> None:
    session = FakeSession(200, b'{"photos": [], "next": null}')
    with pytest.raises(BrokenCursor):
        over(session).page(cursor, 5)
    assert session.asked == []


def test_a_photo_that_the_catalog_does_not_know_is_none() -> None:
    assert over(FakeSession(404)).photo("6f1d") is None
    with pytest.raises(requests.RequestException):
        over(FakeSession(500)).photo("6f1d")


def test_an_answer_that_is_no_json_is_a_failed_dependency() -> None:
    with pytest.raises(requests.RequestException):
        over(FakeSession(200, b"<html>")).page(None, 5)


def test_a_token_goes_with_each_request_and_none_where_none_is_asked_for() -> None:
    session = FakeSession(200, b'{"photos": [], "next": null}')
    tokens = iter(["first", "second"])
    catalog = over(session, lambda: next(tokens))
    catalog.page(None, 1)
    catalog.photo("6f1d")
    over(session).page(None, 1)
    sent = [options["headers"] for _, options in session.asked]
    assert sent == [{"Authorization": "Bearer first"}, {"Authorization": "Bearer second"}, {}]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_names_the_role_and_what_the_catalog_said_and_not_the_token(status: int) -> None:
    session = FakeSession(status)
    session.answer.headers["WWW-Authenticate"] = 'Bearer error="x", error_description="is cached"'
    catalog = over(session, lambda: "a secret")
    with pytest.raises(CatalogDenied, match=rf"{ROLE}.*is cached") as of_page:
        catalog.page("abc", 1)
    with pytest.raises(CatalogDenied, match=rf"{ROLE}.*is cached") as of_photo:
        catalog.photo("6f1d")
    assert "a secret" not in f"{of_page.value}{of_photo.value}"
