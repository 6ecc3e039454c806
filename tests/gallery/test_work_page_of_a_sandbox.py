"""The page of a running sandbox: real requests, real tokens, and a photo's way."""

import re
from collections.abc import Iterator

import requests
from playwright.sync_api import Page, expect

from sandbox.audit import Outcome
from sandbox.deployment import Deployment, Principal
from sandbox.page.attempts import Attempt, attempts
from sandbox.page.verdicts import Verdict, decide
from sandbox.rbac import Assignments, Requirement
from tests.conftest import Running as Sandbox
from tests.gallery.conftest import MakeFile, OpenPage


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


def test_every_kind_of_request_is_answered_as_the_page_decides(sandbox: Sandbox) -> None:
    """Each as an identity that may not, and as one that may, if the deployment has one."""
    deployment, root = sandbox.deployment, address(sandbox)
    policy = Assignments(deployment.assignments, deployment.custom_roles)
    origin = {"Origin": root.rsplit("/", 2)[0]}
    sandbox.rest()
    for kind, who, verdict in one_of_each_kind(deployment, policy):
        before = len(sandbox.audit())
        form = {"who": who.name, "request": kind.name}
        answer = requests.post(f"{root}try", data=form, headers=origin, timeout=30)
        said = (who.name, kind.words)
        if kind.harm and verdict.allowed:
            assert answer.status_code == 400, said
            # The services send their telemetry whenever they like.
            assert {one.service for one in sandbox.audit()[before:]} <= {"telemetry"}, said
            continue
        assert answer.status_code == 200, said
        assert 'class="error"' not in answer.text, said
        assert '<li class="row ' in answer.text, said
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
