"""A file's way through the page that uploads it."""

import re

from playwright.sync_api import Locator, Page, expect

from services.gateway.images import MAX_BYTES
from tests.gallery.conftest import MakeFile, OpenPage, wait_until
from tests.gallery.fake_gateway import FakeGateway, lose_connection, refuse

GIVE = """([kind, name, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
    const settings = { bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data };
    const make = kind === "paste" ? ClipboardEvent : DragEvent;
    document.body.dispatchEvent(new make(kind, settings));
}"""

HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def choose(page: Page, *files: object) -> Locator:
    """Give files to the page; returns the tile of the first."""
    page.get_by_label("Choose photos").set_input_files([str(file) for file in files])
    return page.get_by_role("listitem").first


def only_photo(api: FakeGateway) -> str:
    (photo,) = api.photos
    return photo


def test_a_photo_shows_its_progress_then_its_thumbnail_without_a_jump(
    page: Page, api: FakeGateway, make_file: MakeFile
) -> None:
    api.may_read.clear()
    tile = choose(page, make_file(padding=MAX_BYTES - 100_000))
    progress = tile.get_by_role("progressbar", name="Sending beach.jpg")
    expect(tile).to_contain_text(re.compile(r"Sending [1-9]\d?%"))
    assert 0 < float(progress.evaluate("bar => bar.value")) < 1

    api.may_read.set()
    expect(tile).to_contain_text("Received")
    expect(progress).to_be_hidden()
    expect(tile.get_by_role("img")).to_have_attribute("alt", re.compile("Preview of beach.jpg"))
    before = tile.bounding_box()

    api.process(only_photo(api), 300, 200)
    thumbnail = tile.get_by_role("img", name=re.compile("Photo uploaded .*20"))
    expect(thumbnail).to_have_attribute("src", re.compile("/photos/.*/thumbnail"))
    expect(thumbnail).to_have_js_property("naturalWidth", 300)
    assert thumbnail.evaluate("image => getComputedStyle(image).objectFit") == "contain"
    assert tile.bounding_box() == before
    expect(page.get_by_role("status")).to_contain_text("1 processed")


def test_a_rejected_photo_says_why(page: Page, api: FakeGateway, make_file: MakeFile) -> None:
    tile = choose(page, make_file("torn.jpg", content=b"no image"))
    expect(tile).to_contain_text("Received")
    api.reject(only_photo(api), "The image is damaged")
    expect(tile).to_contain_text("Rejected")
    expect(tile).to_contain_text("torn.jpg")
    expect(tile).to_contain_text("The image is damaged.")
    expect(tile.locator(".actions").get_by_role("button")).to_have_count(0)


def test_after_a_lost_connection_retry_sends_the_same_key(
    page: Page, api: FakeGateway, make_file: MakeFile
) -> None:
    api.upsets.append(lose_connection)
    tile = choose(page, make_file())
    expect(tile).to_contain_text("Retrying is safe")
    tile.get_by_role("button", name="Retry").click()
    expect(tile).to_contain_text("Received")
    expect(tile).to_be_focused()
    first, second = api.keys
    assert first == second
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert len(api.photos) == 1


def test_every_photo_has_its_own_key(page: Page, api: FakeGateway, make_file: MakeFile) -> None:
    choose(page, make_file("a.jpg"), make_file("b.jpg"))
    tiles = page.locator("#photos")  # the legend says it too, and after a moment the status
    expect(tiles.get_by_text("Received")).to_have_count(2)
    assert len(set(api.keys)) == 2


def test_what_cannot_be_taken_is_said_before_it_is_sent(
    page: Page, api: FakeGateway, make_file: MakeFile
) -> None:
    files = (
        make_file("huge.jpg", padding=MAX_BYTES),
        make_file("page.pdf"),
        make_file("0.png", 0, b""),
    )
    choose(page, *files)
    expect(page.get_by_role("listitem")).to_contain_text(
        [
            "This file has 20.1 MB; 20 MB is the most.",
            "This is not a JPEG, PNG, WebP or GIF.",
            "This file is empty.",
        ]
    )
    expect(page.get_by_role("status")).to_have_text("3 refused.")
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)
    assert api.keys == []


def test_the_gateways_refusal_is_shown_in_its_words(
    page: Page, api: FakeGateway, make_file: MakeFile
) -> None:
    api.upsets.append(refuse(415, "This is not an image"))
    tile = choose(page, make_file())
    expect(tile).to_contain_text("This is not an image.")
    expect(tile.get_by_role("button")).to_have_text("Dismiss")


def test_a_rate_limit_is_waited_out(page: Page, api: FakeGateway, make_file: MakeFile) -> None:
    api.upsets.append(refuse(429, "Too many uploads", Retry_After="90"))
    tile = choose(page, make_file())
    expect(tile).to_contain_text("Too many uploads. It goes on by itself in 2 minutes.")
    page.clock.fast_forward(60_000)  # the clock runs on, too
    assert len(api.keys) == 1
    page.clock.fast_forward(30_000)
    expect(tile).to_contain_text("Received")
    assert len(set(api.keys)) == 1


def test_a_service_that_is_down_can_be_tried_again(
    page: Page, api: FakeGateway, make_file: MakeFile
) -> None:
    api.upsets.append(refuse(503, "Please try again soon"))
    tile = choose(page, make_file())
    expect(tile).to_contain_text("Not sent")
    expect(tile).to_contain_text("Please try again soon.")
    tile.get_by_role("button", name="Retry").click()
    expect(tile).to_contain_text("Received")


def test_at_most_three_are_sent_at_once(page: Page, api: FakeGateway, make_file: MakeFile) -> None:
    api.may_answer.clear()
    choose(page, *[make_file(f"{number}.jpg") for number in range(7)])
    expect(page.get_by_text("Queued")).to_have_count(4)
    wait_until(page, lambda: len(api.in_flight) == 3)
    api.may_answer.set()
    expect(page.locator("[data-state=received].tile")).to_have_count(7)
    assert api.most_in_flight == 3
    assert sorted(api.names) == [f"{number}.jpg" for number in range(7)]


def test_photos_are_taken_by_drop_and_by_paste(
    page: Page, api: FakeGateway, make_file: MakeFile
) -> None:
    content = list(make_file().read_bytes())
    page.evaluate(GIVE, ["dragover", "dropped.jpg", content])
    expect(page.locator("body")).to_have_class("dropping")
    page.evaluate(GIVE, ["drop", "dropped.jpg", content])
    expect(page.locator("body")).not_to_have_class("dropping")
    page.evaluate(GIVE, ["paste", "pasted.jpg", content])
    expect(page.locator("[data-state=received].tile")).to_have_count(2)
    assert sorted(api.names) == ["dropped.jpg", "pasted.jpg"]


def test_a_reload_keeps_what_is_in_progress(
    page: Page, api: FakeGateway, make_file: MakeFile
) -> None:
    expect(choose(page, make_file())).to_contain_text("Received")
    page.reload()
    tile = page.get_by_role("listitem")
    expect(tile).to_have_count(1)
    expect(tile).to_contain_text("beach.jpg")
    api.process(only_photo(api))
    expect(tile.get_by_role("img", name=re.compile("Photo uploaded"))).to_be_visible()


def test_a_photo_that_the_wall_shows_before_the_answer_comes_is_shown_once(
    page: Page, api: FakeGateway, make_file: MakeFile
) -> None:
    api.may_answer.clear()
    expect(choose(page, make_file())).to_contain_text("Sending")
    wait_until(page, lambda: bool(api.keys))
    api.process(api.receive(api.id_of(api.keys[0])))
    page.clock.fast_forward(16_000)
    expect(page.get_by_role("listitem")).to_have_count(2)
    api.may_answer.set()
    expect(page.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("img", name=re.compile("Photo uploaded"))).to_be_visible()


def test_it_works_from_a_plain_address_of_the_local_network(
    open_page: OpenPage, api: FakeGateway, make_file: MakeFile
) -> None:
    page = open_page(api.url.replace("127.0.0.1", "photos.lan"))
    assert page.evaluate("isSecureContext") is False
    expect(choose(page, make_file())).to_contain_text("Received")


def test_nothing_is_asked_while_the_tab_is_hidden(
    page: Page, api: FakeGateway, make_file: MakeFile
) -> None:
    expect(choose(page, make_file())).to_contain_text("Received")
    page.evaluate(HIDE, True)
    page.clock.fast_forward(60_000)
    page.wait_for_timeout(300)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.fast_forward(300_000)
    page.wait_for_timeout(300)
    assert asked == []
    api.process(only_photo(api))
    page.evaluate(HIDE, False)
    expect(page.get_by_role("img", name=re.compile("Photo uploaded"))).to_be_visible()
