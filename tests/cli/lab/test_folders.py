"""The folders of the labs that were begun."""

from pathlib import Path

from cli.lab.folders import LabFolders, Progress, start_of


def begun(root: Path, number: int, opened: int | None) -> Path:
    folders = LabFolders(root)
    folders.of(number).root.mkdir(parents=True)
    folders.of(number).snapshot.write_text("{}")
    folders.keep(Progress(opened, {}))
    return folders.of(number).state


def test_the_sandbox_of_a_lab_is_started_by_the_lab(tmp_path: Path) -> None:
    assert start_of(begun(tmp_path, 3, None)) == "start it with ./keyless lab 3"


def test_a_shell_that_is_still_in_an_earlier_lab_is_led_to_the_open_one(tmp_path: Path) -> None:
    advice = start_of(begun(tmp_path, 3, 5))
    assert advice.startswith(f"export KEYLESS_STATE={tmp_path}/05/state for lab 5, which is open,")
    assert advice.endswith("or start it with ./keyless lab 3")


def test_any_other_sandbox_is_started_by_up(tmp_path: Path) -> None:
    assert start_of(tmp_path / "state") == "start one with ./keyless up"
