"""The audit of one program, separated from others with the same identity."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from cli.program_audit import Attribution, ProgramAudit, refusal_lines, summary
from sandbox.audit import KEYED, Outcome, Record

SCOPE = "/subscriptions/s/providers/Microsoft.Storage/storageAccounts/a/containers/originals"
READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"


def issued(who: str, token: str) -> Record:
    return Record("t", "identity", Outcome.ISSUED, "GetToken", who, token_id=token, resource="r")


def read(who: str, token: str, outcome: Outcome = Outcome.ALLOWED) -> Record:
    missing = ("Storage Blob Data Reader",) if outcome is Outcome.DENIED else ()
    return Record(
        "t",
        "blob",
        outcome,
        "GetBlob",
        who,
        action=READ,
        scope=SCOPE,
        token_id=token,
        missing=missing,
    )


def refused(reason: str, who: str = "", service: str = "identity") -> Record:
    return Record("t", service, Outcome.REFUSED, "GetToken", who, reason=reason)


GATEWAY = Attribution(frozenset({"gateway"}), {"new"})
DEVELOPER = Attribution(frozenset({"developer"}))


def test_what_the_service_does_by_a_token_of_its_own_is_not_the_programs() -> None:
    assert GATEWAY.is_by(issued("gateway", "new"))
    assert GATEWAY.is_by(read("gateway", "new"))
    assert not GATEWAY.is_by(issued("gateway", "another"))
    assert not GATEWAY.is_by(read("gateway", "another"))


def test_a_person_whom_no_service_acts_as_may_have_any_token() -> None:
    assert DEVELOPER.is_by(read("developer", "old"))


def test_what_another_identity_does_is_not_the_programs() -> None:
    assert not DEVELOPER.is_by(read("catalog", "1"))
    assert not GATEWAY.is_by(refused("Identity not found", "catalog"))


def test_a_refusal_with_nobodys_name_on_it_may_be_the_programs() -> None:
    assert GATEWAY.is_by(refused("wrong or missing X-IDENTITY-HEADER"))
    assert not GATEWAY.is_by(refused("there is not one bearer token", service="vault"))


def test_a_request_by_an_account_key_may_be_the_programs() -> None:
    by_key = replace(read("", ""), role=KEYED)
    assert GATEWAY.is_by(by_key)
    assert not GATEWAY.is_by(read("", ""))
    (_, line) = map(str, summary("gateway", Counter({by_key: 2})))
    assert line == f"  ✓ blobs/read on containers/originals  {KEYED}  2 times"


def test_a_denial_is_told_with_the_roles_that_would_do() -> None:
    (line,) = refusal_lines(read("gateway", "1", Outcome.DENIED))
    assert str(line) == (
        "keyless: gateway was denied blobs/read on containers/originals: no role assignment "
        "allows it; Storage Blob Data Reader would do."
    )
    assert refusal_lines(read("gateway", "1")) == ()


def test_a_denial_names_the_assignment_that_is_not_evaluated() -> None:
    reason = "on Azure, /x may allow it: its condition is not evaluated here"
    (line,) = refusal_lines(replace(read("gateway", "1", Outcome.DENIED), reason=reason))
    assert str(line).endswith(f"Storage Blob Data Reader would do; {reason}.")


def test_a_token_that_is_refused_is_told_with_its_cause_and_the_cure() -> None:
    first, *others = map(
        str, refusal_lines(refused("Unable to load the proper Managed Identity.", "gateway"))
    )
    assert first.startswith("keyless: gateway was refused a token: Unable to load")
    assert any("Set AZURE_CLIENT_ID to the client id" in each for each in others)
    assert "Ctrl-C" in others[-1]


def test_the_end_counts_each_kind_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit = witnessed(
        tmp_path,
        issued("gateway", "new"),
        *3 * [read("gateway", "new")],
        read("gateway", "another"),
    )
    assert [str(each) for each in summary("gateway", audit.seen)] == [
        "keyless: as gateway: 1 token, 3 allowed, 0 denied, 0 refused.",
        "  • token for r",
        "  ✓ blobs/read on containers/originals  3 times",
    ]
    found = json.loads(audit.as_json("gateway", 4))
    assert (found["who"], found["status"]) == ("gateway", 4)
    assert [each["times"] for each in found["records"]] == [1, 3]
    assert capsys.readouterr().err == ""


def test_a_refusal_is_told_once_however_often_it_comes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    witnessed(tmp_path, *3 * [read("gateway", "new", Outcome.DENIED)])
    assert capsys.readouterr().err.count("was denied") == 1


def test_a_program_that_never_came_to_the_sandbox_is_told_so() -> None:
    (line,) = summary("gateway", ProgramAudit(GATEWAY, Path("none"), 0).seen)
    assert "no token was requested, and no request arrived under this identity." in str(line)


def test_a_program_with_an_earlier_token_is_not_told_that_nothing_arrived(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    witnessed(tmp_path, read("gateway", "earlier"), read("gateway", "earlier")).end("gateway")
    said = capsys.readouterr().err
    assert "no request arrived with a token of this run; ./keyless trace has 2 with another" in said


def witnessed(folder: Path, *records: Record) -> ProgramAudit:
    """Return the audit of a program that has ended, after an earlier record."""
    path = folder / "audit.jsonl"
    before = as_line(read("gateway", "0", Outcome.DENIED))
    path.write_text(before + "".join(map(as_line, records)))
    audit = ProgramAudit(GATEWAY, path, len(before), ended=True)
    audit.follow()
    return audit


def as_line(record: Record) -> str:
    return json.dumps({name: value for name, value in vars(record).items() if value}) + "\n"
