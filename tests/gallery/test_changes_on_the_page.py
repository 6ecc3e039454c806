"""Changes that a person makes on the page: the policy, faults and settings, each on record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from sandbox.audit import Outcome, Record
from sandbox.deployment import SNAPSHOT, load
from sandbox.state import State
from sandbox.supervisor import running
from sandbox.testing.deployment import Keyless
from tests.gallery.conftest import OpenPage, refused


@dataclass
class Changed:
    """A sandbox of a snapshot that a test may edit, and its page."""

    keyless: Keyless
    snapshot: Path
    state: State

    @property
    def address(self) -> str:
        report = running(self.state)
        assert report
        assert report.page
        return report.page.address

    def by(self, who: str) -> list[Record]:
        return [each for each in self.keyless.audit() if each.identity == who]


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changed]:
    folder = tmp_path_factory.mktemp("changed")
    snapshot = folder / "edited.snapshot.json"
    snapshot.write_bytes(SNAPSHOT.read_bytes())
    keyless = Keyless.start(snapshot, folder, print)
    yield Changed(keyless, snapshot, State(folder / "state"))
    keyless.stop()


def test_the_policy_on_disk_is_compared_and_applied_by_keyboard(
    changed: Changed, look: OpenPage, complaints: list[str]
) -> None:
    page = look(f"{changed.address}policy")
    expect(page.get_by_label("On disk")).to_contain_text("It is the snapshot in force")
    without_one_right(changed.snapshot)
    press(page, "Compare")
    expect(page.locator("#outcome")).to_have_text("To apply this would change")
    expect(page.locator(".changes")).to_contain_text("revoked gateway: Keyless Blob Depositor")
    page.get_by_label("Apply as").select_option("developer")
    with refused(page, complaints):
        press(page, "Apply")
    expect(page.get_by_role("alert")).to_contain_text("developer may not deploy")
    assert changed.by("developer")[-1].outcome is Outcome.DENIED
    expect(page.get_by_role("link", name="What would allow it?")).to_be_visible()
    press(page, "Compare")
    press(page, "Apply")
    expect(page.locator("#outcome")).to_contain_text("applied by deployer")
    assert changed.by("deployer")[-1].operation == "Deploy"
    assert {each.action for each in changed.by("deployer")[-2:]} == {
        "Microsoft.Resources/deployments/write",
        "Microsoft.Authorization/roleAssignments/write",
    }
    assert "originals" not in str(rights_of(changed, "gateway"))


def test_a_policy_that_cannot_be_read_changes_nothing(changed: Changed, look: OpenPage) -> None:
    page, whole = look(f"{changed.address}policy"), changed.snapshot.read_bytes()
    changed.snapshot.write_text("{")
    press(page, "Compare")
    expect(page.locator("#outcome")).to_have_text("Nothing was changed")
    expect(page.get_by_role("alert")).to_contain_text(changed.snapshot.name)
    changed.snapshot.write_bytes(whole)


def test_a_fault_is_begun_and_ended_by_keyboard_on_record(changed: Changed, look: OpenPage) -> None:
    page = look(f"{changed.address}faults")
    page.get_by_label("For", exact=True).select_option("gateway")
    page.get_by_label("How long").fill("2m")
    press(page, "Begin vault-429")
    in_force = page.get_by_label("In force")
    expect(in_force).to_contain_text("vault-429 on gateway")
    assert changed.by("deployer")[-1].operation == "BeginFault vault-429 on gateway"
    press(page, "End vault-429")
    expect(in_force).to_contain_text("No fault is in force.")


def test_an_incident_names_no_fault(changed: Changed, look: OpenPage) -> None:
    page = look(f"{changed.address}faults")
    page.get_by_label("Word").fill("seven")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("BeginIncident seven")
    assert changed.by("deployer")[-1].operation == "BeginIncident seven"


def test_a_fault_for_everybody_is_for_nobody_alone(
    changed: Changed, look: OpenPage, complaints: list[str]
) -> None:
    page = look(f"{changed.address}faults")
    page.get_by_label("For", exact=True).select_option("catalog")
    with refused(page, complaints):
        press(page, "Begin bus-gone")
    expect(page.get_by_role("alert")).to_have_text(
        "bus-gone meets every caller alike: choose everyone."
    )
    expect(page.get_by_label("For", exact=True)).to_have_value("catalog")


def test_the_life_of_a_token_is_set_for_the_next_one(
    changed: Changed, look: OpenPage, complaints: list[str]
) -> None:
    page = look(f"{changed.address}faults")
    page.get_by_label("Life of a token").fill("6m")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Life of a token")).to_have_value("6m")
    page.get_by_label("Life of a token").fill("soon")
    with refused(page, complaints):
        page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("'soon' is no duration")
    page.goto(f"{changed.address}token")
    press(page, "Get a token")
    expect(page.locator(".times")).to_contain_text("It expires in 6 minutes")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


def without_one_right(snapshot: Path) -> None:
    """Delete the gateway's right to store originals."""
    found: dict[str, Any] = json.loads(snapshot.read_text())
    resources = found["predictedResources"]
    found["predictedResources"] = [
        each
        for each in resources
        if "The public face stores" not in str(each.get("properties", {}).get("description"))
    ]
    assert len(found["predictedResources"]) < len(resources)
    snapshot.write_text(json.dumps(found))


def rights_of(changed: Changed, who: str) -> list[str]:
    deployment = load(changed.state)
    principal = deployment.principal(who).principal_id
    return [each.scope for each in deployment.assignments if each.principal_id == principal]
