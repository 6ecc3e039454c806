"""Accessibility of the page: keyboard, screen reader, small screens, low vision, strict policy."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FileChooser, Locator, Page, expect

from tests.gallery.conftest import MakeFile, OpenPage, wait_until
from tests.gallery.fake_gateway import FakeGateway, refuse

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
UNNAMED = """() => [...document.querySelectorAll("button, input, img, progress, section, main, dl")]
    .filter((element) => element.checkVisibility())
    .filter((element) => !(element.ariaLabel || element.getAttribute("aria-labelledby")
        || element.labels?.length || element.alt || element.textContent.trim())
        || (element.matches("section, main") && element.ariaLabel === ""))
    .map((element) => element.outerHTML)"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

ShowAll = Callable[..., Page]


@pytest.fixture
def show_all(open_page: OpenPage, api: FakeGateway, make_file: MakeFile) -> ShowAll:
    """Open the page with every kind of tile on it."""

    def show_all(**settings: object) -> Page:
        api.add(2)
        api.reject(api.receive(), "AnUnbreakableReason" * 9)
        page = open_page(**settings)
        api.upsets.append(refuse(503, "Please try again soon"))
        api.upsets.append(refuse(429, "Too many uploads", Retry_After="60"))
        for number, name in enumerate(("one-very-long-file-name-of-a-photo.jpg", "two.jpg")):
            page.get_by_label("Choose photos").set_input_files(make_file(name))
            expect(page.get_by_role("button", name="Retry")).to_have_count(number + 1)
        return page

    return show_all


def outlined(element: Locator) -> bool:
    return bool(element.evaluate("element => parseFloat(getComputedStyle(element).outlineWidth)"))


def test_everything_is_done_by_keyboard_and_focus_is_always_seen(
    page: Page, api: FakeGateway, make_file: MakeFile
) -> None:
    choosers: list[FileChooser] = []
    page.on("filechooser", lambda chooser: choosers.extend([chooser]))
    page.keyboard.press("Tab")
    expect(page.get_by_label("Choose photos")).to_be_focused()
    assert outlined(page.locator("label[for=files]"))
    api.upsets.extend([refuse(503, "Please try again soon"), refuse(415, "Not an image")])
    page.keyboard.press("Enter")
    wait_until(page, lambda: bool(choosers))
    choosers[0].set_files([make_file("first.jpg"), make_file("second.jpg")])
    retry = page.get_by_role("button", name="Retry")
    expect(page.get_by_role("button", name="Dismiss")).to_have_count(2)

    focus_by_tab(page, retry)
    assert outlined(retry)
    page.keyboard.press("Enter")
    retried = page.locator(".tile:focus")
    expect(retried).to_contain_text("Received")
    assert outlined(retried)

    focus_by_tab(page, page.get_by_role("button", name="Dismiss"))
    page.keyboard.press("Space")
    expect(page.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("listitem")).to_be_focused()


def focus_by_tab(page: Page, target: Locator) -> None:
    page.locator("h1").evaluate("() => document.activeElement.blur()")
    page.get_by_label("Choose photos").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("Tab does not reach it")


@pytest.mark.parametrize("width", [320, 360, 820, 1440])
def test_no_width_needs_scrolling_sideways(show_all: ShowAll, width: int) -> None:
    page = show_all(viewport={"width": width, "height": 740})
    assert page.evaluate(OVERFLOW) == 0
    clipped = "tiles => tiles.filter(tile => tile.scrollWidth > tile.clientWidth).length"
    assert page.locator(".tile").evaluate_all(clipped) == 0


def test_landmarks_headings_and_names_are_there(show_all: ShowAll) -> None:
    page = show_all()
    for role in ("banner", "main", "contentinfo", "region", "status", "alert"):
        expect(page.locator("body").get_by_role(role)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Keyless")
    expect(page.get_by_role("heading", level=2)).to_have_text("Photos")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("term")).to_have_text(["Sending", "Received", "Processed", "Rejected"])
    assert page.evaluate(UNNAMED) == []
    ids = page.locator("[id]").evaluate_all("elements => elements.map(element => element.id)")
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(show_all: ShowAll, scheme: str) -> None:
    page = show_all(color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate(CONTRAST) == []


def test_the_two_colour_schemes_differ(open_page: OpenPage) -> None:
    def paper(scheme: str) -> object:
        page = open_page(color_scheme=scheme)
        return page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")

    assert paper("light") != paper("dark")


def test_nothing_moves_for_those_who_want_less_motion(
    open_page: OpenPage, api: FakeGateway, make_file: MakeFile
) -> None:
    page = open_page(reduced_motion="reduce")
    page.get_by_label("Choose photos").set_input_files(make_file())
    expect(page.get_by_role("listitem")).to_contain_text("Received")
    assert page.evaluate("document.getAnimations().length") == 0


def test_without_javascript_the_page_says_what_it_needs(open_page: OpenPage) -> None:
    page = open_page(java_script_enabled=False)
    expect(page.get_by_text(re.compile("allow them here"))).to_be_visible()


def test_the_tests_would_hear_of_a_violated_policy(page: Page, complaints: list[str]) -> None:
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    wait_until(page, lambda: any("style-src" in complaint for complaint in complaints))
    complaints.clear()
