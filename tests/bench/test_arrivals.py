"""Photos that the catalog's log tells of."""

import json
import threading
from pathlib import Path

import pytest

from bench import BenchError
from bench.arrivals import Arrivals, followed


def line(photo: str, message: str) -> bytes:
    return json.dumps({"message": message, "photo": photo}).encode() + b"\n"


def test_a_photo_is_awaited_until_the_growing_log_tells_of_it(tmp_path: Path) -> None:
    log = tmp_path / "catalog.log"
    log.write_bytes(line("old", "Recorded as processed"))
    told = line("new", "Recorded as processed")
    with followed(log) as arrivals, log.open("ab", buffering=0) as file:
        waiting = threading.Thread(target=arrivals.wait_for, args=("new",))
        waiting.start()
        file.write(told[:20])
        file.write(told[20:])
        waiting.join(30)
        assert not waiting.is_alive()
        with pytest.raises(BenchError, match="not recorded within 0 s"):
            arrivals.wait_for("old", patience=0)


def test_a_photo_that_was_rejected_is_an_error() -> None:
    arrivals = Arrivals()
    arrivals.add(line("a", "Recorded as rejected"))
    with pytest.raises(BenchError, match="a photo was rejected"):
        arrivals.wait_for("a")


@pytest.mark.parametrize(
    "other", [b"", b"no JSON", b"7", b'{"message": "Ready"}', line("a", "Webhook answered 204")]
)
def test_other_lines_tell_of_no_photo(other: bytes) -> None:
    arrivals = Arrivals()
    arrivals.add(other)
    with pytest.raises(BenchError, match="not recorded"):
        arrivals.wait_for("a", patience=0)
