"""`keyless trace --summary`: the sums are those of the audit."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.terminal import Terminal
from cli.trace_summary import Row, as_json, since, summarize, table, totals
from sandbox.audit import FILE, Audit, Outcome, Record
from sandbox.state import State
from tests.conftest import keyless

SCOPE = "/subscriptions/s/providers/Microsoft.Storage/storageAccounts/a/containers/originals"
READ = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"

RECORDS = st.builds(
    Record,
    time=st.integers(min_value=0, max_value=59).map("2026-01-01T00:00:{:02}.000Z".format),
    service=st.sampled_from(["blob", "vault", "identity"]),
    outcome=st.sampled_from(Outcome),
    operation=st.sampled_from(["GetBlob", "GetToken", ""]),
    identity=st.sampled_from(["gateway", "catalog", ""]),
    action=st.sampled_from([READ, "x/write", ""]),
    scope=st.sampled_from([SCOPE, "/s", ""]),
    why=st.sampled_from(["", "from the cache"]),
    resource=st.sampled_from(["https://vault.azure.net", ""]),
)


@settings(max_examples=60)
@given(st.lists(RECORDS, max_size=40), st.integers(min_value=0, max_value=59))
def test_every_sum_is_that_of_the_records_in_the_span(records: list[Record], begun: int) -> None:
    moment = f"2026-01-01T00:00:{begun:02}.000Z"
    counted = [each for each in records if each.time >= moment]
    found = as_json(summarize(records, moment), moment, 0)
    by_outcome = Counter(each.outcome for each in counted)
    assert found["records"] == len(counted)
    assert {each: found[each] for each in Outcome} == {each: by_outcome[each] for each in Outcome}
    rows = found["rows"]
    assert isinstance(rows, list)
    for each in (*Outcome, "cached"):
        assert sum(row[each] for row in rows) == found[each]
    assert len({(row["identity"], row["action"], row["scope"]) for row in rows}) == len(rows)
    assert all(any(row[each] for each in Outcome) for row in rows)


def test_a_row_is_a_token_an_action_or_an_operation() -> None:
    read = Record("t", "blob", Outcome.ALLOWED, "GetBlob", "gateway", action=READ, scope=SCOPE)
    token = Record("t", "identity", Outcome.ISSUED, "GetToken", "gateway", resource="r")
    refused = Record("t", "vault", Outcome.REFUSED, "Authenticate", reason="expired")
    assert set(summarize([read, token, refused]).counts) == {
        Row("gateway", READ, SCOPE),
        Row("gateway", "token", "r"),
        Row("(unknown)", "vault Authenticate", ""),
    }


def test_the_assignments_on_a_resource_are_one_row() -> None:
    kind = "Microsoft.Authorization/roleAssignments"
    made = [
        Record("t", "arm", Outcome.ALLOWED, "", "deployer", action=f"{kind}/write", scope=scope)
        for scope in (f"{SCOPE}/providers/{kind}/1", f"{SCOPE}/providers/{kind.lower()}/2")
    ]
    assert set(summarize(made).counts) == {Row("deployer", f"{kind}/write", SCOPE)}


def test_a_request_that_met_a_fault_is_a_row_with_its_name() -> None:
    refused = Record("t", "blob", Outcome.REFUSED, "PutBlob", "gateway", reason="expired")
    met = replace(refused, reason="a fault: storage-503: ServerBusy")
    counts = summarize([refused, met, met]).counts
    assert counts[Row("gateway", "blob PutBlob", "", "storage-503")][Outcome.REFUSED] == 2
    assert counts[Row("gateway", "blob PutBlob", "")][Outcome.REFUSED] == 1


def test_a_time_in_the_past_is_written_as_in_the_audit() -> None:
    assert since(90, datetime(2026, 1, 1, 0, 1, 30, 5000, UTC)) == "2026-01-01T00:00:00.005Z"


def test_the_table_has_a_line_for_each_outcome_and_obeys_no_client(
    capsys: pytest.CaptureFixture[str],
) -> None:
    read = Record("t", "blob", Outcome.ALLOWED, "GetBlob", "gateway", action=READ, scope=SCOPE)
    by_key = replace(read, identity="", role="account key")
    token = Record("t", "identity", Outcome.ISSUED, "GetToken", "gateway", resource="https://r/")
    nasty = Record("t", "vault", Outcome.REFUSED, "\x1b[2J", "[bold]x[/]")
    again = replace(token, why="from the cache")
    denied = replace(read, outcome=Outcome.DENIED)
    kind = "Microsoft.Authorization/roleAssignments"
    granted = replace(
        read, identity="zoe", action=f"{kind}/delete", scope=f"{SCOPE}/providers/{kind}/{'0' * 36}"
    )
    met = replace(nasty, identity="zoe", operation="Get", reason="a fault: vault-429: no")
    summary = summarize([read, read, denied, by_key, token, again, nasty, granted, met])
    Terminal(highlight=False, width=80).print(table(summary))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "identity action on times from cache",
        "✓ (account key) blobs/read originals 1",
        "- [bold]x[/] vault \\u001b[2J 1",
        "✓ gateway blobs/read originals 2",
        "✗ gateway blobs/read originals 1",
        "• gateway token r 2 1",
        "✓ zoe roleAssignments/delete originals 1",
        "- zoe vault Get: a fault: vault-429 1",
    ]
    assert totals(summary) == (
        "2 tokens issued, 1 of them from the cache; 4 requests allowed, 1 denied, 2 refused."
    )


def written(state: Path, *records: Record) -> Path:
    audit = Audit(State.open(state).path(FILE))
    for each in records:
        audit.write(each)
    audit.close()
    return state


def test_the_command_counts_a_span_and_reports_lines_that_it_cannot_read(tmp_path: Path) -> None:
    now = since(0)
    old = Record("2020-01-01T00:00:00.000Z", "blob", Outcome.DENIED, "GetBlob", "gateway")
    new = Record(now, "blob", Outcome.ALLOWED, "GetBlob", "gateway", action=READ, scope=SCOPE)
    written(tmp_path, old, new)
    with (tmp_path / FILE).open("a") as file:
        file.write("no record\n")
    all_of_it = json.loads(keyless(tmp_path, "trace", "--summary", "--json").stdout)
    assert (all_of_it["records"], all_of_it["denied"], all_of_it["unreadable"]) == (2, 1, 1)
    done = keyless(tmp_path, "trace", "--summary", "--since", "10m", "--json")
    recent = json.loads(done.stdout)
    assert (recent["records"], recent["allowed"], recent["denied"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--summary", "--since", "ten"], "--since: 'ten' is no duration"),
        (["--since", "10m"], "--since needs --summary."),
        (["--summary", "--since", "999999999h"], "is too long: the most is 8760h."),
        (["--summary", "--follow"], "leave out --follow and --about"),
    ],
)
def test_a_wrong_option_is_refused_in_one_sentence(
    tmp_path: Path, options: list[str], sentence: str
) -> None:
    done = keyless(tmp_path, "trace", *options)
    assert (done.returncode, done.stdout) == (64, "")
    assert sentence in done.stderr
