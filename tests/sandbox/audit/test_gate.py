"""The one way past a decision: recorded, whatever it is, before anybody acts on it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.audit import FILE, Audit, Gate, Outcome, Record, read
from sandbox.deployment import NotEvaluated, RoleAssignment, RoleDefinition
from sandbox.entra import AccessToken, Caller
from sandbox.rbac import Allowed, Denied, Policy, Requirement

SCOPE = "/subscriptions/s/things/one"
READER = RoleDefinition("/roles/reader", "reader", data_actions=("Test/read",))
WRITER = RoleDefinition("/roles/writer", "writer", data_actions=("Test/write",))
ASSIGNMENT = RoleAssignment("/assignments/1", SCOPE, "aaaa", READER.id, "it reads what it must")
CALLER = Caller("aaaa", "app", "gateway", "https://sts.windows.net/t/", 0.0, "token-id")
READ, WRITE = Requirement.of(SCOPE, "Test/read"), Requirement.of(SCOPE, "Test/write")


class Desk:
    """A gate, and what it has put on record."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self.log = Audit(self._file)
        self.gate = Gate(Policy([ASSIGNMENT], (READER, WRITER)), self.log)

    def audit(self) -> list[Record]:
        return list(read(self._file))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.log.close()


def test_an_allowed_caller_is_recorded_with_the_assignment(desk: Desk) -> None:
    decision = desk.gate.admit("blob", "GetBlob", CALLER, READ)
    assert not isinstance(decision, Denied)
    [allowed] = decision
    assert allowed.assignment is ASSIGNMENT
    [record] = desk.audit()
    assert (record.service, record.operation) == ("blob", "GetBlob")
    assert record.outcome is Outcome.ALLOWED
    assert (record.identity, record.principal_id) == ("gateway", "aaaa")
    assert (record.action, record.scope) == ("Test/read", SCOPE)
    assert (record.role, record.assignment) == ("reader", "/assignments/1")
    assert record.why == "it reads what it must"
    assert record.token_id == "token-id"


def test_a_denied_caller_is_recorded_with_the_missing_roles(desk: Desk) -> None:
    decision = desk.gate.admit("blob", "PutBlob", CALLER, WRITE)
    assert isinstance(decision, Denied)
    [record] = desk.audit()
    assert record.outcome is Outcome.DENIED
    assert (record.action, record.scope) == ("Test/write", SCOPE)
    assert record.missing == ("writer",)
    assert record.role == record.assignment == ""


def test_a_denial_records_the_assignment_that_is_not_evaluated(desk: Desk) -> None:
    unsure = NotEvaluated(
        replace(ASSIGNMENT, id="/assignments/2", role_definition_id=WRITER.id),
        "its condition is not evaluated here",
    )
    desk.gate.policy = Policy([ASSIGNMENT], (READER, WRITER), [unsure])
    assert isinstance(desk.gate.admit("blob", "PutBlob", CALLER, WRITE), Denied)
    assert not isinstance(desk.gate.admit("blob", "GetBlob", CALLER, READ), Denied)
    denied, allowed = desk.audit()
    assert denied.reason == (
        "on Azure, /assignments/2 may allow it: its condition is not evaluated here"
    )
    assert allowed.reason == ""


def test_one_need_that_is_denied_denies_all_and_is_the_one_record(desk: Desk) -> None:
    for needs in ((READ, WRITE), (WRITE, READ)):
        decision = desk.gate.admit("blob", "PutBlob", CALLER, *needs)
        assert isinstance(decision, Denied)
        assert decision.requirement == WRITE
    assert [each.outcome for each in desk.audit()] == [Outcome.DENIED] * 2


def test_each_need_that_is_met_is_on_record(desk: Desk) -> None:
    decision = desk.gate.admit("blob", "CopyBlob", CALLER, READ, READ)
    assert not isinstance(decision, Denied)
    assert all(isinstance(each, Allowed) for each in decision)
    assert len(desk.audit()) == len(decision) == 2


def test_an_operation_without_a_requirement_is_not_admitted(desk: Desk) -> None:
    with pytest.raises(ValueError, match="requires no action"):
        desk.gate.admit("blob", "GetBlob", CALLER)
    assert desk.audit() == []


def test_another_principal_is_denied(desk: Desk) -> None:
    somebody = replace(CALLER, principal_id="bbbb")
    assert isinstance(desk.gate.admit("blob", "GetBlob", somebody, READ), Denied)


def test_a_caller_without_proof_is_recorded_with_the_reason(desk: Desk) -> None:
    desk.gate.refuse("bus", "Attach", "the token is expired")
    desk.gate.refuse("identity", "GetToken", "no such identity", identity="gateway")
    first, second = desk.audit()
    assert (first.outcome, first.reason) == (Outcome.REFUSED, "the token is expired")
    assert (second.service, second.identity) == ("identity", "gateway")


def test_a_token_is_on_record_by_its_id_and_never_by_its_text(desk: Desk, tmp_path: Path) -> None:
    token = AccessToken("eyJ.the.text", "token-id", "https://vault.azure.net", 1, 2)
    desk.gate.issued("gateway", "aaaa", token)
    [record] = desk.audit()
    assert record.outcome is Outcome.ISSUED
    assert (record.token_id, record.resource) == ("token-id", "https://vault.azure.net")
    assert "eyJ" not in (tmp_path / FILE).read_text()


def test_nothing_is_let_in_that_cannot_be_put_on_record(desk: Desk) -> None:
    desk.log.close()
    with pytest.raises(OSError, match=r"."):
        desk.gate.admit("blob", "GetBlob", CALLER, READ)
    desk.log = Audit(desk._file)


def test_a_strangers_text_makes_no_long_record(desk: Desk, tmp_path: Path) -> None:
    desk.gate.refuse("bus", "x" * 100_000, "y" * 100_000)
    (record,) = desk.audit()
    assert record.operation.endswith("... (100000 characters)")
    assert record.reason.endswith("... (100000 characters)")
    assert (tmp_path / FILE).stat().st_size < 1500


def test_a_record_holds_every_character_and_its_file_none_that_a_terminal_obeys(
    desk: Desk, tmp_path: Path
) -> None:
    desk.gate.refuse("bus", "Attach", "a\x1b\x9b\u202e\u2028ü")
    assert desk.audit()[0].reason == "a\x1b\x9b\u202e\u2028ü"
    assert not {"\x1b", "\x9b", "\u202e", "\u2028"}.intersection((tmp_path / FILE).read_text())
