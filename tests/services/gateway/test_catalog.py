"""The gateway's client of the catalog."""

from typing import Any

import pytest
import requests

from services.gateway.catalog import BrokenCursor, Catalog


class FakeSession:
    """A session that gives one answer, and remembers what was asked."""

    def __init__(self, status: int, body: bytes = b"{}") -> None:
        self.answer = requests.Response()
        self.answer.status_code = status
        self.answer._content = body
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def get(self, url: str, **options: Any) -> requests.Response:
        self.asked.append((url, options))
        return self.answer


def over(session: FakeSession) -> Catalog:
    return Catalog("http://catalog", session)  # type: ignore[arg-type]


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


def test_a_photo_that_the_catalog_does_not_know_is_none() -> None:
    assert over(FakeSession(404)).photo("6f1d") is None
    with pytest.raises(requests.RequestException):
        over(FakeSession(500)).photo("6f1d")


def test_an_answer_that_is_no_json_is_a_failed_dependency() -> None:
    with pytest.raises(requests.RequestException):
        over(FakeSession(200, b"<html>")).page(None, 5)
