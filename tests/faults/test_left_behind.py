"""The processes that a sandbox leaves behind are found by their open files, too."""

import subprocess
from pathlib import Path

from tests.faults.faults import left_behind


def test_a_process_is_found_by_a_file_that_it_keeps_open(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(["sleep", "60"], stdout=log)
    try:
        [found] = left_behind(str(tmp_path))
        assert found.startswith(f"{process.pid}: sleep 60")
    finally:
        process.kill()
        process.wait()
    assert left_behind(str(tmp_path)) == []
