"""The gallery in a browser, against the four services."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cli.photos import uploads
from tests.conftest import Running
from tests.gallery.conftest import browser

__all__ = ["browser"]

SECONDS = 1000


@pytest.fixture
def page(sandbox: Running, browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(sandbox.report.gallery)
    yield page
    context.close()


def test_photos_that_are_chosen_appear_by_themselves_and_a_broken_one_says_why(
    page: Page, tmp_path: Path
) -> None:
    files = []
    for upload in (uploads()[0], uploads()[3]):
        files.append(tmp_path / upload.name)
        files[-1].write_bytes(upload.content)
    page.get_by_label("Choose photos").set_input_files(files)
    tiles = page.get_by_role("listitem")
    thumbnail = tiles.get_by_role("img", name=re.compile("Photo uploaded"))
    expect(thumbnail.first).to_have_attribute(
        "src", re.compile(r"/photos/[0-9a-f-]+/thumbnail"), timeout=100 * SECONDS
    )
    expect(thumbnail.first).to_have_js_property("naturalWidth", 480, timeout=100 * SECONDS)
    expect(tiles.filter(has_text="cannot be read as an image").first).to_be_visible(
        timeout=100 * SECONDS
    )


def test_the_page_keeps_to_its_own_origin(sandbox: Running, page: Page) -> None:
    violations: list[str] = []
    policy = "Content Security Policy"
    page.on("console", lambda output: violations.extend(v for v in [output.text] if policy in v))
    answer = page.goto(sandbox.report.gallery)
    assert answer is not None
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert violations == []
    # That a violation would have been heard:
    page.evaluate(
        "document.body.append(Object.assign(new Image(), {src: 'https://example.com/x'}))"
    )
    expect(page.locator("img[src='https://example.com/x']")).to_be_attached()
    page.wait_for_function("true")
    assert len(violations) == 1
