"""A disk that is full: nothing starts on it, nothing that was taken is lost, and it goes on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from sandbox.audit import FILE, Outcome, read
from sandbox.cli.photos import uploads
from sandbox.state import State
from sandbox.supervisor import Report, running
from tests.conftest import keyless
from tests.faults.faults import left_behind, mounted, one_sentence


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """No byte is left on the disk of `folder`."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()


@pytest.mark.parametrize("command", [["up"], ["up", "--detach"], ["demo", "--exit"]])
def test_nothing_starts_on_a_full_disk(tmp_path: Path, command: list[str]) -> None:
    with mounted(tmp_path, "size=1m"):
        State.open(tmp_path)
        with full(tmp_path):
            said = one_sentence(keyless(tmp_path, *command))
        assert f"cannot write to the state folder {tmp_path}" in said
        assert "No space left on device" in said
        assert left_behind(str(tmp_path)) == []


def test_a_folder_that_cannot_even_keep_its_layout_is_one_sentence(tmp_path: Path) -> None:
    with mounted(tmp_path, "size=4k"):
        (tmp_path / "state").mkdir()
        with full(tmp_path):
            said = one_sentence(keyless(tmp_path / "state", "up"))
    assert "No space left on device" in said


@dataclass(frozen=True)
class Small:
    """A sandbox on a small disk of its own."""

    state: State

    @property
    def report(self) -> Report:
        report = running(self.state)
        assert report is not None, "the sandbox has ended"
        return report

    def upload(self, number: int) -> requests.Response:
        photo = uploads()[number % 3]
        files = {"photo": (photo.name, photo.content, photo.content_type)}
        return requests.post(f"{self.report.gallery}/photos", files=files, timeout=60)

    def states(self) -> dict[str, str]:
        """What has become of each photo that the gallery knows."""
        found = requests.get(f"{self.report.gallery}/photos?limit=100", timeout=60)
        return {each["id"]: each["state"] for each in found.json().get("photos", [])}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with mounted(tmp_path, "size=32m"):
        started = keyless(tmp_path, "up", "--detach", "--port", "0")
        assert started.returncode == 0, started.stdout + started.stderr
        yield Small(State.open(tmp_path))
        assert keyless(tmp_path, "down").stdout == "Ended.\n"
        assert left_behind(str(tmp_path)) == []


def test_a_disk_that_fills_up_refuses_uploads_and_loses_none_that_was_taken(small: Small) -> None:
    taken = [small.upload(0)]
    with full(small.state.root):
        refused = [small.upload(1), small.upload(2)]
        recorded = list(read(small.state.path(FILE)))
    assert [each.status_code for each in refused] == [503, 503]
    assert [each.headers.get("Retry-After") is not None for each in refused] == [True, True]
    while taken[-1].status_code != 202 or len(taken) < 2:
        taken.append(small.upload(0))
    kept = {each.json()["id"] for each in taken if each.status_code == 202}
    wait_until(lambda: {small.states().get(each) for each in kept} == {"processed"})
    assert not any(small.report.dead_letters.values())
    assert [each.restarts for each in small.report.services] == [0, 0, 0, 0]
    assert list(read(small.state.path(FILE)))[: len(recorded)] == recorded
    assert not [each for each in recorded if each.outcome is Outcome.DENIED]
    assert "Traceback" not in small.state.path("sandbox.log").read_text()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.5)
