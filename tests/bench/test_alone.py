"""A second bench is refused, and a bench ends first when memory runs out."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench import BenchError, alone
from sandbox.state import PROJECT
from tests.conftest import keyless
from tests.faults.faults import one_sentence


def test_a_second_bench_says_that_one_is_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with alone():
        done = keyless(tmp_path, "bench", "--quick", "--only", "rbac", TMPDIR=str(tmp_path))
        assert "another bench is running here" in one_sentence(done)
    with alone(), pytest.raises(BenchError), alone():
        pass


GIVES_WAY = """
import pathlib, subprocess, sys
from bench import give_way
give_way()
say = "print(open('/proc/self/oom_score_adj').read())"
subprocess.run([sys.executable, "-c", say], check=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone ends processes by such a score")
def test_what_a_bench_starts_gives_way_with_it() -> None:
    command = [sys.executable, "-c", GIVES_WAY]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1000"
