"""The judgement on a request of a lab."""

from dataclasses import replace

from cli.lab.probes import Probe, probes_of
from cli.lab.role_proof import Seen, _seen, judge
from sandbox.audit import Outcome, Record
from sandbox.deployment import as_compiled
from sandbox.rbac import Decision, Policy

SAMPLE = as_compiled()
READER = "Storage Blob Data Reader"
THUMBNAILS = SAMPLE.storage.container_id("thumbnails")


def read_thumbnails() -> Probe:
    return next(
        each
        for each in probes_of(SAMPLE, ["blobs"])
        if each.does.endswith("in containers/thumbnails")
    )


def expected(who: str) -> Decision:
    return Policy.of(SAMPLE).decide(SAMPLE.principal(who).principal_id, read_thumbnails().needs)


def judged(who: str, seen: Seen) -> tuple[str, bool]:
    found = judge(who, read_thumbnails(), expected(who), seen)
    return found.fault, found.too_much


def test_the_sample_s_own_role_on_its_own_scope_is_right() -> None:
    assert judged("gateway", Seen(True, READER, THUMBNAILS.upper())) == ("", False)


def test_a_denial_is_right_where_the_sample_has_no_role() -> None:
    assert judged("notifier", Seen(False)) == ("", False)


def test_a_denial_of_a_right_that_the_sample_has_is_too_little() -> None:
    fault = "denied: no role gives it blobs/read on containers/thumbnails"
    assert judged("gateway", Seen(False)) == (fault, False)


def test_a_request_that_got_no_decision_is_a_fault_with_its_reason() -> None:
    assert judged("gateway", Seen(False, why="refused: a fault")) == ("refused: a fault", False)


def test_a_request_that_never_arrived_is_no_denial() -> None:
    nothing = Seen(False, why="no request arrived")
    assert judged("notifier", nothing) == judged("gateway", nothing) == (nothing.why, False)


def test_a_right_of_another_identity_is_too_much() -> None:
    fault = f"allowed by {READER} on containers/thumbnails: too much"
    assert judged("notifier", Seen(True, READER, THUMBNAILS)) == (fault, True)


def test_a_wider_scope_is_too_much() -> None:
    fault = f"allowed by {READER} on storageAccounts/{SAMPLE.storage.name}:"
    fault += f" {READER} on containers/thumbnails is enough"
    assert judged("gateway", Seen(True, READER, SAMPLE.storage.id)) == (fault, True)


def test_a_wider_role_is_too_much() -> None:
    fault = "allowed by Storage Blob Data Owner on containers/thumbnails:"
    fault += f" {READER} on containers/thumbnails is enough"
    assert judged("gateway", Seen(True, "Storage Blob Data Owner", THUMBNAILS)) == (fault, True)


def test_a_decision_on_a_role_assignment_is_one_on_its_resource() -> None:
    probe = next(
        each
        for each in probes_of(SAMPLE, ["blobs"])
        if each.does == "assign roles on containers/thumbnails"
    )
    record = Record(
        time="",
        service="arm",
        outcome=Outcome.ALLOWED,
        operation="CreateRoleAssignment",
        identity="gateway",
        action="Microsoft.Authorization/roleAssignments/write",
        scope=f"{THUMBNAILS}/providers/Microsoft.Authorization/roleAssignments/0",
        role="Owner",
        assignment=f"{THUMBNAILS}/providers/Microsoft.Authorization/roleAssignments/1",
    )
    assert _seen(probe, "gateway", [record]) == Seen(True, "Owner", THUMBNAILS)
    other = replace(record, scope=f"{THUMBNAILS}-2/providers/x")
    assert _seen(probe, "gateway", [other]) == Seen(False, why="decided by another right")
    assert _seen(probe, "notifier", [record]) == Seen(False, why="no request arrived")
