"""The wall of photos, without an upload here."""

import re

from playwright.sync_api import Page, expect

from tests.gallery.conftest import OpenPage
from tests.gallery.fake_gateway import FakeGateway

A_PAGE, A_REFRESH = 24, 16_000


def test_an_empty_wall_invites(page: Page) -> None:
    expect(page.get_by_text("Nothing on the wall yet")).to_be_visible()
    expect(page.get_by_role("button", name="Show older")).to_be_hidden()


def test_processed_photos_are_shown_and_rejected_ones_say_why(
    open_page: OpenPage, api: FakeGateway
) -> None:
    api.add(1)
    api.reject(api.receive(), "This has more pixels than are allowed")
    page = open_page()
    tiles = page.get_by_role("listitem")
    expect(tiles.nth(0)).to_contain_text("This has more pixels than are allowed.")
    expect(tiles.nth(1).get_by_role("img", name=re.compile("Photo uploaded"))).to_be_visible()
    expect(page.get_by_text("Nothing on the wall yet")).to_be_hidden()


def test_older_photos_come_page_by_page_and_focus_goes_to_them(
    open_page: OpenPage, api: FakeGateway
) -> None:
    api.add(A_PAGE + 3)
    page = open_page()
    tiles = page.get_by_role("listitem")
    expect(tiles).to_have_count(A_PAGE)
    page.get_by_role("button", name="Show older").press("Enter")
    expect(tiles).to_have_count(A_PAGE + 3)
    expect(tiles.nth(A_PAGE)).to_be_focused()
    expect(page.get_by_role("button", name="Show older")).to_be_hidden()
    expect(page.get_by_role("status")).to_have_text("3 older.")


def test_a_photo_uploaded_elsewhere_comes_by_itself_and_first(page: Page, api: FakeGateway) -> None:
    expect(page.get_by_text("Nothing on the wall yet")).to_be_visible()
    api.add(1)
    page.clock.fast_forward(A_REFRESH)
    expect(page.get_by_role("listitem")).to_have_count(1)
    api.reject(api.receive(), "Newer")
    page.clock.fast_forward(A_REFRESH)
    expect(page.get_by_role("listitem").first).to_contain_text("Newer")
    expect(page.get_by_role("status")).to_have_text("1 new.")


def test_a_gap_after_a_long_absence_is_filled_in_order(
    open_page: OpenPage, api: FakeGateway
) -> None:
    api.add(2)
    page = open_page()
    tiles = page.get_by_role("listitem")
    expect(tiles).to_have_count(2)
    api.add(A_PAGE + 5)
    page.clock.fast_forward(A_REFRESH)
    expect(tiles).to_have_count(A_PAGE + 2)
    page.get_by_role("button", name="Show older").click()
    expect(tiles).to_have_count(A_PAGE + 7)
    shown = page.locator(".tile time").evaluate_all("times => times.map(time => time.dateTime)")
    assert shown == sorted(shown, reverse=True)


def test_a_list_that_cannot_be_read_is_said_and_can_be_tried_again(
    open_page: OpenPage, api: FakeGateway
) -> None:
    api.list_works = False
    api.add(1)
    page = open_page()
    expect(page.get_by_role("alert")).to_contain_text("cannot be listed now. Please try")
    api.list_works = True
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.get_by_role("listitem")).to_be_focused()


def test_the_legend_is_below_the_wall_where_it_heads_no_column(
    open_page: OpenPage, api: FakeGateway
) -> None:
    api.add(4)
    for width in (420, 1280):
        page = open_page(viewport={"width": width, "height": 900})
        expect(page.get_by_role("listitem")).to_have_count(4)
        legend = page.locator(".legend").bounding_box()
        wall = page.get_by_role("list", name="Photos").bounding_box()
        assert legend is not None
        assert wall is not None
        assert legend["y"] > wall["y"] + wall["height"]


def test_each_tile_has_its_photos_id_ready_to_copy(open_page: OpenPage, api: FakeGateway) -> None:
    api.add(1)
    photo = api.receive()
    api.process(photo)
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    tile = page.get_by_role("listitem").filter(has_text=photo)
    tile.get_by_role("button", name="Copy the photo\u2019s id").click()
    expect(page.get_by_role("status")).to_have_text("The photo\u2019s id is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == photo


def test_without_a_clipboard_one_click_selects_the_whole_id(
    open_page: OpenPage, api: FakeGateway
) -> None:
    """Plain HTTP on a network: browsers give such a page no clipboard."""
    photo = api.receive()
    api.process(photo)
    page = open_page(api.url.replace("127.0.0.1", "photos.lan"))
    tile = page.get_by_role("listitem")
    expect(tile.get_by_role("button", name="Copy the photo\u2019s id")).to_be_hidden()
    tile.locator("code").click()
    assert page.evaluate("String(getSelection())") == photo
