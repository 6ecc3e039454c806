"""The page that shows identities at work, in a browser: each view, by keyboard, on a phone."""

import asyncio
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from cli.lab.folders import LabFolders, Progress, Step
from cli.lab_on_page import read_lab
from sandbox.audit import FILE, Audit, Gate, Outcome, Record
from sandbox.deployment import SNAPSHOT, Deployment, Principal, as_compiled
from sandbox.edge import HttpListener
from sandbox.faults import Faults
from sandbox.page import Feed, Running, application
from sandbox.page import Page as WorkPage
from sandbox.page.attempts import Attempt, attempts
from sandbox.page.live import MOST
from sandbox.page.verdicts import Verdict, decide
from sandbox.rbac import Assignments, Requirement
from sandbox.state import PROJECT, State
from sandbox.supervisor.settings import USUAL
from sandbox.telemetry import FILE as TELEMETRY
from sandbox.telemetry import Store
from tests.conftest import Running as Sandbox
from tests.gallery.conftest import MakeFile, OpenPage
from tests.sandbox.telemetry.upload import UPLOAD

PHONE: ViewportSize = {"width": 360, "height": 740}
VIEWS = ("", "map", "try?who=gateway", "token", "photo?id=none", "policy", "faults", "lab")
CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
PICTURE = PROJECT / "docs" / "pictures" / "page.png"
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"
DENIED = Record(
    time="2030-01-01T10:20:30.400Z",
    service="blob",
    outcome=Outcome.DENIED,
    operation="GetBlob",
    identity="gateway",
    action="Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    scope="/subscriptions/a/resourceGroups/b/containers/originals",
    missing=("Storage Blob Data Reader",),
    token_id="denied-token",
)
SPAN = replace(UPLOAD, time="2030-01-01T08:00:00.000000Z", properties={"photo": "the-photo"})


@dataclass
class Work:
    """The page alone, of an audit that a test writes."""

    address: str
    audit: Audit
    state: State


async def settings_alone(verb: str, body: Any) -> Any:
    """Answer as a sandbox with the usual settings; a change needs a real one."""
    assert (verb, body) == ("set", {})
    return {"settings": USUAL.shown, "warnings": []}


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    state = State.open(tmp_path / "03" / "state")
    deployment, audit = as_compiled(), Audit(state.path(FILE))
    assignments = Assignments(deployment.assignments, deployment.custom_roles)
    gate = Gate(assignments, audit)
    planes = SimpleNamespace(
        deployment=deployment, assignments=assignments, gate=gate, faults=Faults()
    )
    running = Running(
        cast(Any, planes), state, "", tmp_path, change=settings_alone, read_lab=read_lab
    )
    loop, ready, port = asyncio.new_event_loop(), threading.Event(), list[int]()
    made = WorkPage(running, Feed(state.path(FILE)))
    listener = HttpListener(application(made), gate)

    async def serve() -> None:
        port.append(await listener.start())
        ready.set()

    def run() -> None:
        loop.create_task(serve())
        loop.run_forever()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(20)
    yield Work(f"http://127.0.0.1:{port[0]}/{made.key}/", audit, state)
    asyncio.run_coroutine_threadsafe(listener.stop(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    audit.close()


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
    assert all("403" in each for each in complaints)
    complaints.clear()
    elsewhere = {"Origin": "http://127.0.0.1:1"}
    assert requests.post(f"{work.address}try", headers=elsewhere, timeout=20).status_code == 403
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
    page.get_by_role("button", name="Hint 1 of 3").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Hints").locator("code").first).to_have_text("./keyless doctor")
    for name in ("Map of now", "Map of the goal"):
        expect(page.get_by_label(name).locator(".identity")).to_have_count(8)
    assert page.evaluate(CONTRAST) == []
    page.get_by_role("button", name="Check").focus()
    page.keyboard.press("Enter")
    expect(page.locator("b.denied")).to_have_text("✗ Not yet.")
    expect(page.get_by_label("What the check says")).to_contain_text("has ended")


def test_a_photos_way_is_found_by_the_id_on_its_tile(
    sandbox: Sandbox, look: OpenPage, make_file: MakeFile
) -> None:
    gallery = look(sandbox.report.gallery)
    gallery.locator("#files").set_input_files(make_file("on-its-way.jpg"))
    tile = gallery.locator(".tile").first.locator(".id code")
    expect(tile).to_have_text(re.compile(r"[0-9a-f-]{36}"))
    page = look(f"{address(sandbox)}photo")
    page.get_by_label("The photo's id").fill(f" {tile.text_content()} ")
    page.keyboard.press("Enter")
    for who in ("gateway", "thumbnailer"):
        expect(page.locator(".tree").first).to_contain_text(f"as {who}", timeout=30_000)


def test_an_id_that_no_photo_has_is_not_looked_for_forever(work: Work, look: OpenPage) -> None:
    page = look(f"{work.address}photo?id=none")
    expect(page.get_by_role("status")).to_contain_text("No trace of none yet")
    page.goto(f"{work.address}photo?id=none&tries=10")
    expect(page.get_by_role("status")).to_contain_text("No service has handled none.")


def test_a_right_is_tried_and_the_audit_has_it(sandbox: Sandbox, look: OpenPage) -> None:
    page = look(f"{address(sandbox)}try")
    choose(page, "gateway", "read a blob: containers/originals")
    expect(page.locator("h2.denied")).to_contain_text("gateway may not read a blob")
    expect(page.get_by_text("The narrowest grant that would allow it")).to_be_visible()
    page.get_by_role("button", name="Send it as gateway").click()
    expect(page.locator("b.status")).to_contain_text("403")
    expect(page.locator("pre").first).to_contain_text("AuthorizationPermissionMismatch")
    expect(page.locator(".row.denied")).to_contain_text("blobs/read")
    choose(page, "thumbnailer", "read a blob: containers/originals")
    page.get_by_role("button", name="Send it as thumbnailer").click()
    expect(page.locator("b.status")).to_contain_text("404")
    expect(page.locator(".row.allowed")).to_contain_text("Storage Blob Data Reader")


def test_a_token_is_shown_without_its_text_and_refused_with_a_letter_changed(
    sandbox: Sandbox, look: OpenPage
) -> None:
    page = look(f"{address(sandbox)}token")
    page.get_by_label("Identity").select_option("thumbnailer")
    page.get_by_label("For").select_option("Key Vault")
    page.get_by_role("button", name="Get a token").click()
    expect(page.locator(".times")).to_contain_text("It expires in 24 hours")
    gateway = sandbox.deployment.principal("thumbnailer")
    expect(page.get_by_label("Claims")).to_contain_text(gateway.principal_id)
    for part in ("claims", "signature"):
        page.get_by_role("button", name=f"Change a letter of its {part}").click()
        expect(page.locator("b.status")).to_contain_text("401")
        expect(page.locator(".step.ended-here")).to_contain_text("authenticate")
    page.get_by_role("button", name="Show it as it is").click()
    expect(page.locator("b.status")).to_contain_text("403")
    assert "eyJ" not in page.content()


def test_the_map_of_the_docs_shows_each_identity(sandbox: Sandbox, look: OpenPage) -> None:
    """With KEYLESS_PICTURES set, it takes the picture of docs/page.md, too."""
    page = look(f"{address(sandbox)}try")
    choose(page, "gateway", "read a blob: containers/originals")
    page.get_by_role("button", name="Send it as gateway").click()
    page.goto(f"{address(sandbox)}map")
    expect(page.locator(".edge.absent").first).to_be_attached()
    for name in ("gateway", "thumbnailer", "catalog", "notifier", "platform", "deployer"):
        expect(page.locator("svg .identity").filter(has_text=name)).to_have_count(1)
    if os.environ.get("KEYLESS_PICTURES"):
        taken = Image.open(BytesIO(page.locator("#picture").screenshot()))
        taken.convert("RGB").quantize(64).save(PICTURE, optimize=True)
    assert PICTURE.stat().st_size < 150_000


def test_every_kind_of_request_is_answered_as_the_page_decides(sandbox: Sandbox) -> None:
    """Each as an identity that may not, and as one that may, if the deployment has one."""
    deployment, root = sandbox.deployment, address(sandbox)
    policy = Assignments(deployment.assignments, deployment.custom_roles)
    origin = {"Origin": root.rsplit("/", 2)[0]}
    for kind, who, verdict in one_of_each_kind(deployment, policy):
        before = len(sandbox.audit())
        form = {"who": who.name, "request": kind.name}
        answer = requests.post(f"{root}try", data=form, headers=origin, timeout=30)
        said = (who.name, kind.words)
        if kind.harm and verdict.allowed:
            assert (answer.status_code, len(sandbox.audit()) - before) == (400, 0), said
            continue
        assert answer.status_code == 200, said
        assert 'class="error"' not in answer.text, said
        assert ('b class="status denied"' in answer.text) == (not verdict.allowed), said
        if isinstance(kind.needs, Requirement) and not kind.harm:
            outcome = Outcome.ALLOWED if verdict.allowed else Outcome.DENIED
            new = sandbox.audit()[before:]
            assert any(
                (one.outcome, one.identity) == (outcome, who.name)
                and one.scope.startswith(kind.resource)  # an assignment is below its scope
                for one in new
            ), said


def one_of_each_kind(
    deployment: Deployment, policy: Assignments
) -> Iterator[tuple[Attempt, Principal, Verdict]]:
    """Yield a request of each kind with a principal of each verdict."""
    seen = set[tuple[str, bool]]()
    for each in attempts(deployment):
        for who in (*deployment.principals, deployment.deployer):
            verdict = decide(who, each, policy)
            if (each.verb, verdict.allowed) not in seen:
                seen.add((each.verb, verdict.allowed))
                yield each, who, verdict


def address(sandbox: Sandbox) -> str:
    assert sandbox.report.page
    return sandbox.report.page.address


def choose(page: Page, who: str, request: str) -> None:
    form = page.get_by_role("form", name="A request")
    form.get_by_label("Identity").select_option(who)
    form.get_by_label("Request").select_option(label=request)
    form.get_by_role("button", name="Decide").click()
