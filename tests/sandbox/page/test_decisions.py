"""A record of the audit as a line, and the step at which its request ended."""

from dataclasses import replace

import pytest

from sandbox.audit import KEYED, Outcome, Record
from sandbox.page.decisions import DONE, ENDED, NOT_REACHED, row, steps
from sandbox.page.feed import Entry

ALLOWED = Record(
    time="2030-01-01T10:20:30.400Z",
    service="blob",
    outcome=Outcome.ALLOWED,
    operation="GetBlob",
    identity="gateway",
    action="Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    scope="/subscriptions/a/resourceGroups/b/containers/originals",
    role="Storage Blob Data Reader",
    why="It shows them.",
)
DENIED = replace(
    ALLOWED, outcome=Outcome.DENIED, role="", missing=("Storage Blob Data Reader", "Owner")
)
REFUSED = replace(ALLOWED, outcome=Outcome.REFUSED, role="", action="", scope="", reason="expired")


@pytest.mark.parametrize(
    ("record", "states"),
    [
        (ALLOWED, (DONE, DONE, DONE, DONE)),
        (DENIED, (DONE, DONE, ENDED, NOT_REACHED)),
        (REFUSED, (DONE, ENDED, NOT_REACHED, NOT_REACHED)),
        (replace(REFUSED, identity=""), (ENDED, NOT_REACHED, NOT_REACHED, NOT_REACHED)),
        (replace(REFUSED, service="edge"), (ENDED,)),
        (replace(ALLOWED, outcome=Outcome.ISSUED, service="identity"), (DONE,)),
    ],
)
def test_the_steps_show_where_a_request_ended(record: Record, states: tuple[str, ...]) -> None:
    assert tuple(each.state for each in steps(record)) == states


def test_a_line_says_who_what_where_and_by_which_role() -> None:
    found = row(Entry(7, ALLOWED))
    assert (found.number, found.time, found.mark) == (7, "10:20:30.400", "✓")
    assert (found.who, found.what, found.where) == ("gateway", "blobs/read", "containers/originals")
    assert found.role == "Storage Blob Data Reader"


def test_a_token_for_a_known_api_shows_its_name() -> None:
    issued = replace(ALLOWED, outcome=Outcome.ISSUED, service="identity", resource="04b0")
    found = row(Entry(1, issued), {"04b0": "catalog"})
    assert (found.where, found.steps[0].sentence[:31]) == (
        "catalog",
        "gateway got a token for catalog",
    )
    assert row(Entry(1, issued)).where == "04b0"


def test_a_denial_names_the_roles_that_would_do() -> None:
    assert row(Entry(1, DENIED)).role == "no role; Storage Blob Data Reader or Owner would do"
    assert "Storage Blob Data Reader, Owner" in steps(DENIED)[2].sentence


def test_a_request_by_a_key_has_no_identity() -> None:
    keyed = replace(ALLOWED, identity="", role=KEYED)
    assert row(Entry(1, keyed)).who == "(account key)"
    assert "names no identity" in steps(keyed)[0].sentence


def test_a_request_by_a_sas_names_its_issuer_and_the_sas() -> None:
    signed = replace(ALLOWED, credential="user delegation SAS", token_id="")
    assert row(Entry(1, signed)).who == "gateway (SAS)"
    expected = "A user delegation SAS carries the signature of gateway."
    assert steps(signed)[0].sentence == expected
