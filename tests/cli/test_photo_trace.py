"""One photo's trace as a tree, also with missing items."""

from dataclasses import replace

from cli.trace import without_repeats
from sandbox.audit import Outcome, Record
from sandbox.telemetry import spans
from tests.sandbox.telemetry.upload import UPLOAD

ROOT = UPLOAD
SENT = replace(ROOT, id="2", parent="1", table="AppDependencies", name="ServiceBus.message")
HANDLED = replace(ROOT, id="3", parent="2", role="thumbnailer", name="process photo-uploads")
THROWN = replace(HANDLED, id="", parent="3", table="AppExceptions", name="Permanent: no image")


def test_each_item_lies_within_its_parent() -> None:
    (root,) = spans([ROOT, SENT, HANDLED, THROWN])
    assert root.item is ROOT
    assert root.within[0].item is SENT
    assert root.within[0].within[0].item is HANDLED
    assert [each.item for each in root.within[0].within[0].within] == [THROWN]


def test_what_lies_within_something_that_has_not_come_stands_alone() -> None:
    assert [each.item for each in spans([ROOT, HANDLED])] == [ROOT, HANDLED]


def test_who_asked_with_a_span_that_is_elsewhere_is_a_root_of_this_trace() -> None:
    outside = replace(ROOT, parent="ffff")
    assert [each.item for each in spans([outside])] == [outside]


def test_spans_that_claim_to_lie_within_each_other_end_somewhere() -> None:
    circle = [replace(ROOT, id="2"), replace(ROOT, id="3", parent="2"), replace(SENT, parent="3")]
    (root,) = spans(circle)
    assert root.within[0].within[0].within == ()


def test_telemetry_that_is_allowed_again_and_again_is_told_once_for_each_token() -> None:
    telemetry = Record("t", "telemetry", Outcome.ALLOWED, "Track", identity="a", token_id="1")
    denied = replace(telemetry, outcome=Outcome.DENIED)
    blob = Record("t", "blob", Outcome.ALLOWED, "GetBlob", identity="a", token_id="1")
    other = replace(telemetry, token_id="2")
    records = [telemetry, blob, telemetry, blob, denied, denied, other, other]
    assert list(without_repeats(records)) == [telemetry, blob, blob, denied, denied, other]
