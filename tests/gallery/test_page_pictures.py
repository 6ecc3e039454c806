"""The pictures of docs/page.md: each has the text that the page shows today.

`KEYLESS_PICTURES=1 ./keyless test tests/gallery/test_page_pictures.py` takes them again. A picture
holds the text that was on it, and nothing is compared by its pixels.
"""

import os
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Locator, expect

from sandbox.deployment import as_compiled
from sandbox.page.attempts import attempts
from sandbox.state import PROJECT
from tests.gallery.conftest import OpenPage
from tests.gallery.work_page import DENIED, Work

PICTURES = PROJECT / "docs" / "pictures"
LARGEST = 100_000  # bytes
_SHOWS = "shows"


def test_the_picture_of_the_map_is_fresh(work: Work, look: OpenPage) -> None:
    scope = as_compiled().storage.container_id("originals")
    # In this moment it is drawn in red; the clock of the audit has milliseconds.
    now = (datetime.now(UTC) + timedelta(seconds=1)).isoformat(timespec="milliseconds")
    work.audit.write(replace(DENIED, scope=scope, time=now.replace("+00:00", "Z")))
    page = look(f"{work.address}map")
    expect(page.locator(".edge.absent")).to_be_attached()
    names = page.locator("svg text").all_text_contents()
    assert {"gateway", "thumbnailer", "catalog", "notifier", "platform", "deployer"} <= set(names)
    hold("page", page.locator("#picture"), " ".join(names))


def test_the_picture_of_a_decision_is_fresh(work: Work, look: OpenPage) -> None:
    scope, made_up = as_compiled().storage.container_id("originals"), str(uuid.UUID(int=7))
    work.audit.write(replace(DENIED, scope=scope, principal_id=made_up))
    page = look(work.address)
    page.locator(".row summary").click()
    hold("page-decision", page.locator("#rows"))


def test_the_picture_of_a_right_that_is_tried_is_fresh(work: Work, look: OpenPage) -> None:
    wanted = "receive dead letters: queues/photo-uploads"
    (each,) = [one for one in attempts(as_compiled()) if one.words == wanted]
    page = look(work.address + "try")
    form = page.get_by_role("form", name="A request")
    form.get_by_label("Identity").select_option("gateway")
    form.get_by_label("Request").select_option(each.name)
    form.get_by_role("button", name="Decide").click()
    expect(page.locator("h2.denied")).to_be_visible()
    page.set_viewport_size({"width": 900, "height": 820})
    hold("page-try", page.locator("main"))


def hold(name: str, shown: Locator, text: str = "") -> None:
    """Compare an element's text with that of its picture, which is taken on request."""
    path, text = PICTURES / f"{name}.png", " ".join((text or shown.inner_text()).split())
    if os.environ.get("KEYLESS_PICTURES"):
        taken = Image.open(BytesIO(shown.page.screenshot(clip=visible(shown))))
        info = PngInfo()
        info.add_text(_SHOWS, text)
        taken.convert("RGB").quantize(48).save(path, optimize=True, pnginfo=info)
    with Image.open(path) as picture:
        assert picture.info.get(_SHOWS) == text, f"take {path.name} again: KEYLESS_PICTURES=1"
    assert path.stat().st_size < LARGEST


def visible(shown: Locator) -> Any:
    """Return the part of an element that the window shows, from its top."""
    shown.scroll_into_view_if_needed()
    box, size = shown.bounding_box(), shown.page.viewport_size
    assert box
    assert size
    y = max(box["y"], 0)
    height = min(box["height"], size["height"] - y)
    return {"x": box["x"], "y": y, "width": box["width"], "height": height}
