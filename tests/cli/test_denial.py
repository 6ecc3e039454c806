"""The demo's denial: its programs start early, and end with the demo."""

import signal
from pathlib import Path

import pytest

from cli import denial
from cli.denial import readers
from sandbox.state import State
from tests.bare_report import BARE_REPORT


def test_programs_that_wait_for_a_photo_end_with_a_demo_that_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denial, "service_variables", lambda *_: {})
    with readers(State.open(tmp_path), BARE_REPORT) as started:
        assert [each.process.poll() for each in started] == [None, None]
    assert [each.process.returncode for each in started] == [-signal.SIGKILL] * 2
