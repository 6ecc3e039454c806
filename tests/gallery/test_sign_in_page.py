"""The page of the sandbox's sign-in in a browser: by keyboard alone, on a phone."""

import re

import pytest
import requests
from playwright.sync_api import Browser, Page, ViewportSize, expect

from sandbox.entra.claims import AZURE_CLI
from tests.conftest import Running
from tests.gallery.conftest import REPORT_VIOLATIONS

PHONE: ViewportSize = {"width": 360, "height": 740}


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Page:
    context = browser.new_context(viewport=PHONE)
    context.add_init_script(REPORT_VIOLATIONS)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    return page


def test_a_person_signs_in_by_keyboard_alone(
    page: Page, sandbox: Running, complaints: list[str]
) -> None:
    page.goto(sandbox.report.sign_in.address)
    expect(page.get_by_label("Code")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert complaints == []
    page.keyboard.type("nosuchone")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Nothing waits for the code NOSUCHONE.")
    expect(page).to_have_title(re.compile("^Error: "))
    waiting = ask_for_a_code(sandbox)
    page.get_by_label("Code").fill(waiting)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("operator")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You have signed in as the operator.")


def ask_for_a_code(sandbox: Running) -> str:
    """Ask for a code as a program does that a user is to sign in to."""
    answer = requests.post(
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/devicecode",
        data={"client_id": AZURE_CLI, "scope": "https://storage.azure.com/.default"},
        proxies={"https": sandbox.report.proxy},
        verify=sandbox.report.ca,
        timeout=30,
    )
    return str(answer.json()["user_code"])
