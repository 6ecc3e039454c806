"""`kill -9` with uploads in flight loses no photo: the soak's rounds, the shortest of them."""

import json
from pathlib import Path

import pytest

from tests.conftest import keyless


@pytest.mark.timeout(300)
@pytest.mark.parametrize("target", ["all", "sandbox"])
def test_no_photo_is_lost_or_told_twice_or_stuck(tmp_path: Path, target: str) -> None:
    soak = ("soak", "--rounds", "1", "--seed", "4", "--target", target, "--json")
    done = keyless(tmp_path, *soak)
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    (only,) = found["rounds"]
    assert only["wrong"] == []
    assert only["accepted"] == only["processed"] + only["rejected"] == 50
    assert found["processes_left"] == 0
    assert done.returncode == 0
