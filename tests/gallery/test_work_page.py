"""The page that shows identities at work, in a browser: each view, by keyboard, on a phone."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from playwright.sync_api import ViewportSize, expect

from cli.lab.course import read_course
from cli.lab.folders import LabFolders, Progress, Step
from sandbox.audit import Outcome
from sandbox.deployment import SNAPSHOT, as_compiled
from sandbox.page.live import MOST
from sandbox.telemetry import FILE as TELEMETRY
from sandbox.telemetry import Store
from tests.gallery.conftest import OpenPage
from tests.gallery.work_page import DENIED, Work
from tests.sandbox.telemetry.upload import UPLOAD

PHONE: ViewportSize = {"width": 360, "height": 740}
VIEWS = ("", "map", "try?who=gateway", "token", "photo?id=none", "policy", "faults", "lab")
CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
SPAN = replace(UPLOAD, time="2030-01-01T08:00:00.000000Z", properties={"photo": "the-photo"})


def test_a_decision_is_shown_as_it_is_made_and_opens_by_keyboard(
    work: Work, look: OpenPage
) -> None:
    page = look(work.address)
    work.audit.write(DENIED)
    row = page.locator(".row").first
    expect(row).to_contain_text("no role; Storage Blob Data Reader would do")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(row.locator(".step.ended-here")).to_contain_text("decide ended here")
    expect(row.locator(".step.not-reached")).to_contain_text("serve")


def test_a_denial_leads_to_the_roles_that_would_allow_it(work: Work, look: OpenPage) -> None:
    scope = as_compiled().storage.container_id("originals")
    work.audit.write(replace(DENIED, scope=scope))
    page = look(work.address)
    page.locator(".row summary").click()
    page.get_by_role("link", name="What would allow it?").click()
    expect(page.locator("h2.denied")).to_contain_text(
        "gateway may not list the blobs on containers/originals"
    )
    expect(page.get_by_text("The narrowest grant that would allow it")).to_be_visible()
    page.goto(f"{work.address}try?who=gateway&action=odd&scope=odd")
    expect(page.get_by_role("status")).to_contain_text("Choose both from the lists.")


def test_any_other_action_is_decided_by_keyboard(work: Work, look: OpenPage) -> None:
    page = look(f"{work.address}try")
    page.get_by_text("Any other action").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("platform")
    for text in ("Microsoft.ContainerRegistry/registries/push/write", "containers/originals"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.locator("h2.denied")).to_contain_text("platform may not")
    expect(page.get_by_text("Only decided, not sent")).to_be_visible()


def test_every_view_is_reached_by_keyboard_alone(work: Work, look: OpenPage) -> None:
    page = look(work.address)
    for number in range(8):
        page.goto(work.address)
        for _ in range(2 + number):
            page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.textContent")
        page.keyboard.press("Enter")
        expect(page).to_have_title(f"{name} - Keyless at work")
        expect(page.locator("nav [aria-current=page]")).to_have_text(name)


def test_after_10000_decisions_a_new_one_is_shown_and_the_page_stays_small(
    work: Work, look: OpenPage
) -> None:
    page = look(work.address)
    for _ in range(10_000):
        work.audit.write(replace(DENIED, outcome=Outcome.ALLOWED, missing=()))
    page.wait_for_function("document.querySelectorAll('.row').length > 50")
    work.audit.write(replace(DENIED, identity="catalog"))
    begun = time.monotonic()
    expect(page.locator(".row").first).to_contain_text("catalog")
    print(f"visible after {time.monotonic() - begun:.3f} s")
    assert page.locator(".row").count() <= MOST


def test_a_pause_holds_new_decisions_back(work: Work, look: OpenPage) -> None:
    page = look(work.address)
    page.get_by_role("button", name="Pause").click()
    with page.expect_event("console", lambda message: message.text == "held"):
        page.evaluate(
            "new EventSource(location.pathname + 'events').onmessage = () => console.log('held')"
        )
        work.audit.write(DENIED)
    expect(page.locator(".row")).to_have_count(0)
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".row")).to_have_count(1)


def test_a_filter_holds_for_new_decisions_too(work: Work, look: OpenPage) -> None:
    page = look(f"{work.address}?who=catalog&outcome=denied")
    work.audit.write(DENIED)
    work.audit.write(replace(DENIED, identity="catalog"))
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".row")).to_contain_text("catalog")


def test_a_strangers_text_never_becomes_markup(work: Work, look: OpenPage) -> None:
    odd = replace(
        DENIED, identity=MARKUP, operation=MARKUP, action=MARKUP, scope=MARKUP, reason=MARKUP
    )
    work.audit.write(odd)
    page = look(work.address)
    work.audit.write(replace(odd, outcome=Outcome.REFUSED))
    expect(page.locator(".row")).to_have_count(2)
    expect(page.locator(".row .who").first).to_have_text(MARKUP)
    assert page.locator(".rows img, .rows script").count() == 0
    store = Store(work.state.path(TELEMETRY))
    store.add([replace(SPAN, role=MARKUP, identity=MARKUP, name=f"POST {MARKUP}")])
    store.close()
    for path in ("map", "photo?id=the-photo", f"photo?id={MARKUP}", f"map?who={MARKUP}"):
        page.goto(work.address + path)
        assert page.locator("main img, main script").count() == 0


def test_a_page_elsewhere_can_do_nothing(work: Work, look: OpenPage, complaints: list[str]) -> None:
    """Even if it has the key: it is not the page's origin."""
    form = f'<form method=post action="{work.address}try"><button>Go</button></form>'
    page = look(f"data:text/html,{form}")
    page.get_by_role("button").click()
    expect(page.locator("body")).to_have_text("This page takes requests from itself alone.")
    page.close()  # it may also ask for an icon, which has no key
    assert all("403" in each for each in complaints)
    complaints.clear()
    elsewhere = {"Origin": "http://127.0.0.1:1"}
    for path in ("try", "token", "policy", "policy/apply", "faults", "settings", "lab"):
        answer = requests.post(work.address + path, headers=elsewhere, timeout=20)
        assert answer.status_code == 403, path
    assert requests.post(f"{work.address}try", timeout=20).status_code == 403
    own = {"Origin": work.address.rsplit("/", 2)[0]}
    assert requests.post(f"{work.address}try", headers=own, timeout=20).status_code == 400
    answer = requests.get(work.address, headers={"Sec-Fetch-Site": "cross-site"}, timeout=20)
    assert answer.status_code == 403
    answer = requests.get(work.address, headers=elsewhere, timeout=20)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_its_key_the_page_shows_nothing(work: Work) -> None:
    root = work.address.rsplit("/", 2)[0]
    for path in ("/", "/wrong/", "/wrong/events", "/static/page.css"):
        answer = requests.get(root + path, timeout=20)
        assert (answer.status_code, "status prints it" in answer.text) == (403, True)


def test_each_view_fits_a_phone(work: Work, look: OpenPage) -> None:
    work.audit.write(DENIED)
    page = look(work.address, PHONE)
    for path in (*VIEWS, "map?who=gateway"):
        page.goto(work.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast_enough(work: Work, look: OpenPage, scheme: str) -> None:
    work.audit.write(DENIED)
    page = look(work.address, color_scheme=scheme)
    for path in VIEWS:
        page.goto(work.address + path)
        assert page.evaluate(CONTRAST) == [], path


def test_a_photos_way_is_found_by_its_id(work: Work, look: OpenPage) -> None:
    inner = replace(SPAN, id="2", parent="1", role="thumbnailer", identity="thumbnailer", code="")
    store = Store(work.state.path(TELEMETRY))
    store.add([SPAN, replace(inner, name="process photo-uploads")])
    store.close()
    page = look(f"{work.address}photo")
    page.get_by_label("The photo's id").fill("the-photo")
    page.keyboard.press("Enter")
    expect(page.locator(".tree > li > span").first).to_have_text("gateway POST /photos 202")
    expect(page.locator(".tree > li > ul > li")).to_contain_text("process photo-uploads")
    expect(page.locator(".tree > li > ul > li .tag")).to_have_text("as thumbnailer")


def test_a_lab_is_read_hinted_and_checked_by_keyboard(work: Work, look: OpenPage) -> None:
    folders = LabFolders(work.state.root.parent.parent)
    folders.of(3).snapshot.write_bytes(SNAPSHOT.read_bytes())
    folders.keep(Progress(3, {3: Step(predicted=False)}))
    page = look(f"{work.address}lab")
    expect(page.locator("h1")).to_have_text("Lab 3: Born with nothing")
    expect(page.get_by_label("Story")).to_contain_text("You said no. The check answers")
    expect(page.get_by_label("Story")).to_contain_text(f"export KEYLESS_STATE={work.state.root}")
    page.get_by_role("button", name="Hint 1 of 3").focus()
    page.keyboard.press("Enter")
    hint = read_course()[3].hints[0].replace("`", "")
    expect(page.get_by_label("Hints").locator("li")).to_have_text(hint)
    for name in ("Map of now", "Map of the goal"):
        expect(page.get_by_label(name).locator(".identity")).to_have_count(8)
    assert page.evaluate(CONTRAST) == []
    page.get_by_role("button", name="Check").focus()
    page.keyboard.press("Enter")
    expect(page.locator("b.denied")).to_have_text("✗ Not yet.")
    expect(page.get_by_label("What the check says")).to_contain_text("has ended")


def test_an_id_that_no_photo_has_is_not_looked_for_forever(work: Work, look: OpenPage) -> None:
    page = look(f"{work.address}photo?id=none")
    expect(page.get_by_role("status")).to_contain_text("No trace of none yet")
    page.goto(f"{work.address}photo?id=none&tries=10")
    expect(page.get_by_role("status")).to_contain_text("No service has handled none.")
