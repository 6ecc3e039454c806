"""A thumbnail looks as its original does in a browser: Chromium judges pictures made here."""

import base64
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from services.thumbnailer.images import NotAnImage, make_thumbnail
from tests.gallery import odd_pictures

CLOSE = 3.0  # of 255, on average over all pixels
COMPARE = """async ([original, thumbnail]) => {
    const load = async (bytes) => {
        const image = new Image();
        image.src = `data:;base64,${bytes}`;
        await image.decode();
        return image;
    };
    const [seen, made] = [await load(original), await load(thumbnail)];
    const [width, height] = [made.naturalWidth, made.naturalHeight];
    const pixels = (image, behind) => {
        const canvas = Object.assign(document.createElement("canvas"), {width, height});
        const context = canvas.getContext("2d", {willReadFrequently: true});
        context.imageSmoothingQuality = "high";
        context.fillStyle = behind;
        context.fillRect(0, 0, width, height);
        context.drawImage(image, 0, 0, width, height);
        return context.getImageData(0, 0, width, height).data;
    };
    const difference = (behind) => {
        const [one, other] = [pixels(seen, behind), pixels(made, behind)];
        let sum = 0;
        for (let at = 0; at < one.length; at++) sum += Math.abs(one[at] - other[at]);
        return sum / (width * height * 3);
    };
    const size = [seen.naturalWidth, seen.naturalHeight];
    return {size, difference: Math.max(difference("white"), difference("black"))};
}"""


Difference = tuple[list[int], float]


@pytest.fixture(scope="module")
def odd() -> dict[str, bytes]:
    return odd_pictures.all_odd()


@pytest.fixture(scope="module")
def canvas(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def compared(canvas: Page, original: bytes, data: bytes) -> Difference:
    """The original's size as the browser shows it, and how far the thumbnail is from it."""
    found = canvas.evaluate(COMPARE, [base64.b64encode(each).decode() for each in (original, data)])
    return found["size"], found["difference"]


def test_a_thumbnail_looks_as_the_browser_shows_its_original(
    canvas: Page, odd: dict[str, bytes]
) -> None:
    wrong: dict[str, Difference | str] = {}
    for name, original in odd.items():
        try:
            thumbnail = make_thumbnail(original)
        except NotAnImage as error:
            wrong[name] = str(error)
            continue
        size, difference = compared(canvas, original, thumbnail.data)
        if size != [thumbnail.width, thumbnail.height] or difference >= CLOSE:
            wrong[name] = size, difference
    assert len(odd) > 80
    assert wrong == {}


def test_other_colours_or_another_way_up_would_be_seen(canvas: Page, odd: dict[str, bytes]) -> None:
    plain = make_thumbnail(odd["jpeg"]).data
    for other in ("jpeg in adobe rgb", "jpeg turned 3"):
        assert compared(canvas, odd[other], plain)[1] > CLOSE


def test_a_jpeg_without_its_end_is_whole_where_chromium_leaves_its_last_rows_out(
    canvas: Page, odd: dict[str, bytes]
) -> None:
    data = make_thumbnail(odd["jpeg"][:-2]).data
    assert compared(canvas, odd["jpeg"], data)[1] < CLOSE
