"""A disk that is full: nothing starts on it, nothing that was taken is lost, and it goes on."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from cli.photos import uploads
from sandbox.audit import FILE, Outcome, read
from sandbox.state import State
from sandbox.supervisor import Report, running
from tests.conftest import keyless
from tests.faults.faults import left_behind, mounted, one_sentence
from tests.faults.preloaded_library import compiled, up


@dataclass(frozen=True)
class Disk:
    """A place for a state, and how to leave no byte there. `environment` is for its processes."""

    root: Path
    full: Callable[[], AbstractContextManager[None]]
    environment: Mapping[str, str]


Make = Callable[[str], AbstractContextManager[Disk]]


@pytest.fixture(params=["mounted", "refusing"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """A small disk of its own; and one that refuses to grow, which needs no right to mount."""
    kinds: dict[str, Make] = {
        "mounted": lambda size: on_mounted(tmp_path, size),
        "refusing": lambda _: on_refusing(tmp_path),
    }
    return kinds[request.param]


@contextmanager
def on_mounted(folder: Path, size: str) -> Iterator[Disk]:
    with mounted(folder, f"size={size}"):
        yield Disk(folder, lambda: filled(folder), {})


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """No byte is left on the disk of `folder`."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def on_refusing(folder: Path) -> Iterator[Disk]:
    root, switch = folder / "disk", folder / "disk.full"
    root.mkdir()
    yield Disk(
        root,
        lambda: there(switch),
        {**compiled("full.c", folder), "FULL_DISK": str(root)},
    )


@contextmanager
def there(file: Path) -> Iterator[None]:
    file.touch()
    try:
        yield
    finally:
        file.unlink()


@pytest.mark.parametrize("command", [["up"], ["up", "--detach"], ["demo", "--exit"]])
def test_nothing_starts_on_a_full_disk(
    disk: Make, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with disk("1m") as small, monkeypatch.context() as here:
        State.open(small.root)
        for name, value in small.environment.items():
            here.setenv(name, value)
        with small.full():
            error = one_sentence(keyless(small.root, *command))
        assert f"cannot write to the state folder {small.root}" in error
        assert "No space left on device" in error
        assert left_behind(f"KEYLESS_STATE={small.root}") == []


def test_a_folder_that_cannot_even_keep_its_layout_is_one_sentence(
    disk: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disk("4k") as small, monkeypatch.context() as here:
        (small.root / "state").mkdir()
        for name, value in small.environment.items():
            here.setenv(name, value)
        with small.full():
            error = one_sentence(keyless(small.root / "state", "up"))
    assert "No space left on device" in error


@dataclass(frozen=True)
class Small:
    """A sandbox on a small disk of its own."""

    state: State
    full: Callable[[], AbstractContextManager[None]]

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
        """Return the state of each photo that the gallery lists."""
        found = requests.get(f"{self.report.gallery}/photos?limit=100", timeout=60)
        return {each["id"]: each["state"] for each in found.json().get("photos", [])}


@pytest.fixture
def disk_environment() -> dict[str, str]:
    """The environment for a command on the same disk; filled by `small`."""
    return {}


@pytest.fixture
def small(disk: Make, disk_environment: dict[str, str]) -> Iterator[Small]:
    with disk("32m") as made:
        disk_environment.update(made.environment)
        state = State.open(made.root)
        with up(made.root, made.environment):
            wait_until(lambda: (found := running(state)) is not None and found.ready)
            yield Small(state, made.full)
        assert left_behind(f"KEYLESS_STATE={made.root}") == []


def test_a_disk_that_fills_up_refuses_uploads_and_loses_none_that_was_taken(small: Small) -> None:
    taken = [small.upload(0)]
    with small.full():
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


def test_a_disk_that_is_full_is_said_by_whoever_is_asked(
    small: Small, disk_environment: Mapping[str, str]
) -> None:
    def asked(*command: str) -> "subprocess.CompletedProcess[str]":
        return keyless(small.state.root, *command, **disk_environment)

    assert asked("status", "--endpoints").returncode == 0
    with small.full():
        table, health = asked("status"), asked("status", "--endpoints")
        as_json, doctor = asked("status", "--json"), asked("doctor", "gateway")
    assert [each.returncode for each in (table, health, as_json)] == [1, 1, 1]
    error = f"cannot write to {small.state.root} (No space left on device)"
    assert error in " ".join(table.stdout.split())
    assert json.loads(as_json.stdout)["refuses"].startswith(error)
    assert error in one_sentence(doctor)
    assert "make room" in one_sentence(doctor)
    wait_until(lambda: asked("status", "--endpoints").returncode == 0)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 100
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.5)
