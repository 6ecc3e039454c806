"""A browser, a stand-in for the gateway, and the page open in it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from sandbox.state import State
from tests.gallery.fake_gateway import FakeGateway, image, serve
from tests.gallery.work_page import Work, served

PROGRAMS = "chromium", "chromium-browser", "google-chrome"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP photos.lan 127.0.0.1",
]
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation",
    (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`))"""

PATIENCE = 60_000.0  # milliseconds; a busy machine takes seconds to show a page
expect.set_options(timeout=PATIENCE)
WIDE: ViewportSize = {"width": 1280, "height": 900}

OpenPage = Callable[..., Page]
MakeFile = Callable[..., Path]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("The gallery's tests need Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=ARGUMENTS)


@pytest.fixture
def api() -> Iterator[FakeGateway]:
    api = FakeGateway()
    stop = serve(api)
    yield api
    stop()


@pytest.fixture
def complaints() -> list[str]:
    """Collect the page's violations of its policy, and its own errors."""
    return []


@pytest.fixture
def open_page(browser: Browser, api: FakeGateway, complaints: list[str]) -> Iterator[OpenPage]:
    """Open the page; settings are those of a browser context."""
    opened = []

    def open_page(url: str = "", **settings: Any) -> Page:
        context = browser.new_context(**settings)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(REPORT_VIOLATIONS)
        opened.append(context)
        page = context.new_page()
        page.clock.install()  # it runs like any clock, until a test turns it forward
        page.on("console", lambda shown: complaints.extend(c for c in [shown.text] if "CSP" in c))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url or api.url)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    """Serve the page alone, of a state that lies where one of lab 3 would."""
    with served(State.open(tmp_path / "03" / "state")) as one:
        yield one


@pytest.fixture
def look(browser: Browser, complaints: list[str]) -> Iterator[Any]:
    """Open an address; the page must neither break its policy nor fail."""
    contexts = []

    def look(address: str, viewport: ViewportSize | None = None, **settings: Any) -> Page:
        context = browser.new_context(viewport=viewport or WIDE, **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: complaints.extend([said.text] * (said.type == "error")))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield look
    for each in contexts:
        each.close()
    assert complaints == []


@contextmanager
def refused(page: Page, complaints: list[str]) -> Iterator[None]:
    """Expect one error status in the block, of which the browser complains."""
    with page.expect_console_message(lambda said: said.type == "error") as found:
        yield
    complaints.remove(found.value.text)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()


@pytest.fixture
def make_file(tmp_path: Path) -> MakeFile:
    def make_file(name: str = "beach.jpg", padding: int = 0, content: bytes | None = None) -> Path:
        path = tmp_path / name
        path.write_bytes((image() if content is None else content) + bytes(padding))
        return path

    return make_file


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError
