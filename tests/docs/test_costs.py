"""The page of costs follows from the program, and a photo takes the operations that it counts."""

import io
import time
import uuid
from collections import Counter

import pytest
from PIL import Image

from cli.demo_run import send, webhooks
from cli.photos import Upload
from sandbox.audit import Outcome
from tests.conftest import Running
from tests.docs import costs

WRITES = {"PutBlob"}
READS = {"GetBlob", "GetBlobProperties"}


def photo() -> Upload:
    content = io.BytesIO()
    Image.new("RGB", (640, 480), "olive").save(content, "JPEG")
    return Upload("olive.jpg", "image/jpeg", content.getvalue() + uuid.uuid4().bytes)


def until_told(sandbox: Running, sent: str, before: int) -> None:
    """Wait for the webhook and for the last write, without asking the gateway."""
    deadline, writes = time.monotonic() + 100, costs.data().photo["blob_writes"]
    while sent not in webhooks(sandbox.state) or operations(sandbox, before)["PutBlob"] < writes:
        assert time.monotonic() < deadline, operations(sandbox, before)
        time.sleep(0.1)


def operations(sandbox: Running, before: int) -> "Counter[str]":
    """Return the operations on blobs and secrets since a line of the audit."""
    return Counter(
        each.operation
        for each in sandbox.audit()[before:]
        if each.outcome is Outcome.ALLOWED and each.service in {"blob", "vault"}
    )


def test_a_photo_is_as_many_operations_as_the_page_counts(sandbox: Running) -> None:
    first = len(sandbox.audit())
    until_told(sandbox, send(sandbox.report.gallery, photo()), first)  # the secret is cached now
    sandbox.rest()
    before = len(sandbox.audit())
    until_told(sandbox, send(sandbox.report.gallery, photo()), before)
    counted = operations(sandbox, before)
    known = costs.data().photo
    assert sum(counted[each] for each in WRITES) == known["blob_writes"]
    assert sum(counted[each] for each in READS) == known["blob_reads"]
    assert set(counted) == WRITES | READS


def test_the_page_holds_the_table_of_today() -> None:
    page = costs.PAGE.read_text()
    assert costs.table() in page
    assert costs.written(page) == page


def test_the_apps_are_those_of_the_snapshot() -> None:
    found = {each.name: each for each in costs.apps()}
    assert set(found) == {"gateway", "thumbnailer", "catalog", "notifier"}
    assert {each.name for each in found.values() if each.at_rest} == {"gateway", "catalog"}
    assert {each.name for each in found.values() if each.woken} == {"thumbnailer"}


@pytest.mark.parametrize("photos", [0, 1, 100, 10_000, 1_000_000])
def test_no_replica_is_awake_for_more_than_a_day(photos: int) -> None:
    known = costs.data()
    for each in costs.apps():
        awake = costs.seconds_awake(each, photos, known)
        assert costs.seconds_active(each, photos, known) <= awake <= costs.DAY


def test_a_worker_without_photos_costs_nothing() -> None:
    known = costs.data()
    notifier = next(each for each in costs.apps() if each.name == "notifier")
    assert costs.seconds_awake(notifier, 0, known) == 0
    assert costs.seconds_awake(notifier, 1, known) == 305


def test_operations_beyond_the_included_ones_are_charged() -> None:
    known = costs.data()
    included = known.prices["bus_operations_included_a_month"] / costs.MONTH
    quiet = 24 * known.prices["bus_hour"]
    assert costs.bus_operations(100, known) < included
    assert costs.bus(100, known) == pytest.approx(quiet)
    beyond = costs.bus_operations(1_000_000, known) - included
    charged = beyond / 1e6 * known.prices["bus_million_operations"]
    assert costs.bus(1_000_000, known) == pytest.approx(quiet + charged)


@pytest.mark.parametrize("photos", [0, 1, 100, 10_000])
def test_what_is_given_free_never_makes_it_dearer_nor_less_than_nothing(photos: int) -> None:
    known = costs.data()
    full, less = costs.rows(photos, known), costs.rows(photos, known, free=True)
    assert all(0 <= less[each] <= full[each] for each in full)
