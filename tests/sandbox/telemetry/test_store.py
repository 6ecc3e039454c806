"""The file of telemetry: the latest items, bounded, and the trace of one photo."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.telemetry import Store, StoreError, everything, trace_of
from tests.sandbox.telemetry.upload import UPLOAD

ITEM = replace(UPLOAD, properties={"photo": "6f1d"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "telemetry.db"


def test_telemetry_survives_a_restart(path: Path) -> None:
    store = Store(path)
    store.add([ITEM])
    store.close()
    store = Store(path)
    store.add([replace(ITEM, id="2")])
    store.close()
    assert everything(path) == [ITEM, replace(ITEM, id="2")]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_oldest_give_way_and_the_file_does_not_grow(path: Path) -> None:
    store = Store(path, most=100)
    sizes = []
    for number in range(40):
        store.add([replace(ITEM, id=f"{number}-{each}") for each in range(50)])
        sizes.append(path.stat().st_size)
    store.close()
    assert [each.id for each in everything(path)][::50] == ["38-0", "39-0"]
    assert sizes[-1] == sizes[len(sizes) // 2]


def test_the_trace_of_a_photo_is_all_that_its_upload_led_to_in_order(path: Path) -> None:
    later = replace(ITEM, id="2", name="SELECT", time="2026-11-24T08:00:02.000000Z", properties={})
    sooner = replace(later, id="3", time="2026-11-24T08:00:01.000000Z")
    looked_at = replace(ITEM, operation="b", name="GET /photos/<uuid:photo>")
    other = replace(ITEM, operation="c", properties={"photo": "77aa"})
    store = Store(path)
    store.add([later, looked_at, ITEM, other, sooner])
    store.close()
    assert trace_of(path, "6f1d") == [ITEM, sooner, later]


def test_nothing_is_known_where_nothing_was_sent(path: Path) -> None:
    assert everything(path) == []
    assert trace_of(path, "6f1d") == []
    assert not path.exists()


def test_a_broken_file_is_reported_in_one_sentence(path: Path) -> None:
    path.write_text("this is no database, and has been long enough to be looked at")
    with pytest.raises(StoreError, match="is broken: file is not a database; move it away"):
        Store(path)
