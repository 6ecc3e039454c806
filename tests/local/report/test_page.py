"""The page: its text on each part, and that its answers are read again."""

from pathlib import Path

from local.report import safe_text
from local.report.answer_block import read
from local.report.model import (
    Answered,
    Deployment,
    Neither,
    NotAsked,
    Refused,
    Report,
    Revision,
    RoleTime,
    Rule,
    Scaler,
    Unseen,
    Why,
)
from local.report.page import rendered, summary
from local.report.safe_text import SafeText
from sandbox.assumptions import QUESTIONS

UNSEEN = Unseen(SafeText("AuthorizationFailed"))
FIRST, SECOND, THIRD, *REST = QUESTIONS
OUTCOMES = (
    Answered(FIRST.name, FIRST.answers[0]),
    Answered(SECOND.name, SECOND.answers[1]),
    Neither(THIRD.name, 409, safe_text.code("Conflict")),
    *(NotAsked(each.name, Why.NO_ANSWER) for each in REST),
)
GATEWAY, NOTIFIER = safe_text.name("gateway"), safe_text.name("notifier")


def report(**parts: object) -> Report:
    everything: dict[str, object] = {
        "keyless": safe_text.version("0.1.0"),
        "azure_cli": safe_text.version("2.77.0"),
        "azd": safe_text.version(""),
        "asked_as": "the developer",
        "outcomes": OUTCOMES,
        "deployments": (),
        "revisions": (),
        "roles": (),
        "scalers": (),
        "rules": (),
    }
    return Report(**{**everything, **parts})  # type: ignore[arg-type]


def test_the_answers_are_read_again_as_they_were_given(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text(rendered(report()))
    assert read(path) == {FIRST.name: FIRST.answers[0], SECOND.name: SECOND.answers[1]}


def test_each_answer_stands_beside_what_is_assumed() -> None:
    page = rendered(report())
    assert f"| `{FIRST.name}` | {FIRST.answers[0]} | {FIRST.answers[0]} | as assumed |" in page
    assert (
        f"| `{SECOND.name}` | {SECOND.answers[1]} | {SECOND.answers[0]} | **different** |" in page
    )
    assert f"| `{THIRD.name}` | 409 Conflict | {THIRD.answers[0]} | **neither answer** |" in page
    assert f"| `{REST[0].name}` |  | {REST[0].answers[0]} | not asked: {Why.NO_ANSWER} |" in page
    assert f"# {THIRD.name}: 409 Conflict\n" in page


def test_the_summary_counts_each_question_once() -> None:
    assert summary(report()) == (
        f"1 of {len(QUESTIONS)} questions are answered as assumed, 1 differently, "
        f"1 unexpectedly; {len(REST)} were not asked."
    )


def test_a_part_that_azure_did_not_show_says_so() -> None:
    parts = ("deployments", "revisions", "roles", "scalers", "rules")
    page = rendered(report(**dict.fromkeys(parts, UNSEEN)))
    assert page.count("Azure did not show this: AuthorizationFailed.") == len(parts)
    assert rendered(report()).count("\nNone.\n") == len(parts)


def test_the_failures_of_the_first_deployment_are_reported() -> None:
    codes = (safe_text.code("DeploymentFailed"), safe_text.code("RoleAssignmentExists"))
    kind = safe_text.kind("Microsoft.Authorization/roleAssignments")
    said, advice = safe_text.message("The role assignment already exists."), SafeText("Delete it.")
    on, status = safe_text.name("originals"), safe_text.code("Conflict")
    refused = Refused(kind, on, status, codes, said, advice)
    failed = Deployment(1, safe_text.state("Failed"), 612, (refused,))
    unseen = Deployment(2, safe_text.state("Failed"), None, UNSEEN)
    page = rendered(report(deployments=(failed, unseen)))
    assert "### 1, the first: Failed after 612 s\n" in page
    assert (
        "- `Microsoft.Authorization/roleAssignments` of `originals` was refused: "
        "Conflict > DeploymentFailed > RoleAssignmentExists\n"
        "  - Azure says: The role assignment already exists.\n"
        "  - What to do: Delete it.\n"
    ) in page
    assert "### 2: Failed\n\nAzure did not show its operations: AuthorizationFailed." in page


def test_a_revision_is_a_row_and_what_azure_says_of_it() -> None:
    stuck = Revision(
        NOTIFIER,
        2,
        own_image=True,
        active=True,
        provisioning=safe_text.state("Provisioned"),
        running=safe_text.state("ActivationFailed"),
        health=safe_text.state("Unhealthy"),
        replicas=None,
        said=safe_text.message("0/1 replicas ready."),
    )
    page = rendered(report(revisions=(stuck,)))
    assert "| notifier | 2 | its own | yes | Provisioned | ActivationFailed | Unhealthy |" in page
    assert "notifier, revision 2: 0/1 replicas ready." in page


def test_a_role_says_what_was_measured_and_what_not() -> None:
    role, on = safe_text.name("Storage Blob Data Reader"), safe_text.name("originals")
    granted = "s after the grant"
    times = {
        (0, None, True, 7, True): f"at the first attempt, at most 7 {granted}",
        (3, 20, True, 35, True): f"at most 35 {granted}; 3 failed attempts, the last after 20 s",
        (1, 20, True, 35, True): f"at most 35 {granted}; 1 failed attempt, the last after 20 s",
        (3, 20, False, None, True): "not seen to work; 3 failed attempts, the last after 20 s",
        (3, None, True, None, True): "yes; the time of the grant is unknown; 3 failed attempts",
        (0, None, False, None, True): "not in the log",
        (0, None, True, 7, False): "not measured: the log does not reach back to the start",
    }
    found = tuple(RoleTime(GATEWAY, role, on, *each) for each in times)
    page = rendered(report(roles=found))
    for said in times.values():
        assert f"| gateway | Storage Blob Data Reader | originals | {said} |" in page


def test_a_scaler_is_a_row() -> None:
    woken = Scaler(NOTIFIER, 4, 0, 400, SafeText("cron"), 25, 1800)
    asleep = Scaler(NOTIFIER, None, 12, None, safe_text.NOTHING, None, 1800)
    page = rendered(report(scalers=(woken, asleep)))
    assert "| notifier | 4 | 0 | 400 | cron | 25 | 1800 |" in page
    assert "| notifier | unknown | 12 | not yet | unknown | unknown | 1800 |" in page


def test_a_rule_is_a_row() -> None:
    default = Rule(NOTIFIER, safe_text.name("$Default"), SafeText("SqlFilter"), True, False)
    page = rendered(report(rules=(default,)))
    assert "| notifier | $Default | SqlFilter | yes | no |" in page
