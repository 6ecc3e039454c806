"""The sandbox of a lab, at its start."""

import signal
from pathlib import Path

import pytest

from cli.lab import check_file, sandbox
from cli.lab.course import read_course
from cli.lab.folders import LabFolder


def test_an_interrupted_start_leaves_no_lab_that_is_half_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    folder, ended = LabFolder(tmp_path / "12"), list[bool]()
    monkeypatch.setattr(sandbox, "up", lambda *_: None)
    monkeypatch.setattr(sandbox, "end", lambda folder: ended.append(folder.exists()))
    monkeypatch.setattr(check_file, "prepare", interrupted)
    with pytest.raises(SystemExit):
        sandbox.begin(read_course()[12], folder)
    assert ended == [True]
    assert not folder.exists()
