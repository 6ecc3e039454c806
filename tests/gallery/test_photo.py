"""The pure part of the page: a photo's states, and their texts."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from services.gateway.images import MAX_BYTES
from tests.gallery.fake_gateway import FakeGateway, serve

CALL = """async ([name, values]) => (await import("/static/photo.js"))[name](...values)"""
PAUSES = """async () => {
    const pauses = (await import("/static/photo.js")).growingPauses();
    return Array.from({ length: 20 }, () => pauses.next().value);
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """One page for all: nothing here changes it."""
    api = FakeGateway()
    stop = serve(api)
    page = browser.new_page()
    page.goto(api.url)
    yield page
    page.close()
    stop()


def call(page: Page, name: str, *values: object) -> Any:
    return page.evaluate(CALL, [name, list(values)])


def problem(status: int, wait: int = 0) -> dict[str, object]:
    return {"type": "problem", "problem": {"status": status, "message": "So.", "retryAfter": wait}}


@pytest.mark.parametrize(
    ("status", "wait", "tries", "state"),
    [
        (0, 0, 1, "failed"),
        (408, 0, 1, "failed"),
        (500, 0, 1, "failed"),
        (429, 3, 1, "waiting"),
        (503, 3, 5, "waiting"),
        (503, 3, 6, "failed"),
        (400, 0, 1, "refused"),
        (413, 3, 1, "refused"),
        (415, 0, 1, "refused"),
    ],
)
def test_a_problem_is_waited_out_retried_or_final(
    page: Page, status: int, wait: int, tries: int, state: str
) -> None:
    photo = call(page, "next", {"state": "sending", "tries": tries}, problem(status, wait))
    assert photo["state"] == state
    assert photo["note"].startswith("So.")


def test_what_is_settled_stays_settled(page: Page) -> None:
    done = {"id": "1", "state": "processed", "thumbnail": "/t"}
    late = {"type": "seen", "photo": {"id": "1", "state": "received"}}
    assert call(page, "next", done, late) == done


def test_processed_beats_rejected(page: Page) -> None:
    rejected = {"id": "1", "state": "rejected", "note": "Damaged."}
    better = {"type": "seen", "photo": {"id": "1", "state": "processed", "thumbnail": "/t"}}
    photo = call(page, "next", rejected, better)
    assert (photo["state"], photo["note"]) == ("processed", "")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("0", 0),
        ("12", 12),
        ("soon", 0),
        ("-3", 0),
        ("Thu, 01 Jan 1970 00:00:30 GMT", 20),
        ("Thu, 01 Jan 1970 00:00:05 GMT", 0),
    ],
)
def test_retry_after_is_read_in_both_forms(page: Page, header: str | None, seconds: int) -> None:
    assert call(page, "secondsUntil", header, 10_000) == seconds


@pytest.mark.parametrize(
    ("size", "kind", "begins"),
    [
        (MAX_BYTES, "image/webp", ""),
        (MAX_BYTES + 1, "image/webp", "This file has 20.1 MB"),
        (1, "", ""),
        (1, "image/heic", "This is not"),
        (0, "image/png", "This file is empty"),
    ],
)
def test_a_file_is_objected_to_in_words(page: Page, size: int, kind: str, begins: str) -> None:
    objection = call(page, "objection", {"size": size, "type": kind})
    assert objection.startswith(begins)
    assert bool(objection) == bool(begins)


def test_many_changes_are_one_sentence(page: Page) -> None:
    assert call(page, "tally", ["processed", "failed", "processed"]) == "2 processed, 1 not sent."


def test_words_end_with_one_full_stop(page: Page) -> None:
    for words, sentence in (("Damaged", "Damaged."), ("Damaged.", "Damaged."), ("", "")):
        assert call(page, "sentence", words) == sentence


def test_pauses_grow_to_half_a_minute(page: Page) -> None:
    pauses = page.evaluate(PAUSES)
    assert pauses[0] < 500
    assert all(sooner <= later for sooner, later in pairwise(pauses))
    assert pauses[-1] == 30_000
