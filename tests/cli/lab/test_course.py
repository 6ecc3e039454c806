"""The labs as their folders describe them, held against the sample."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from cli.application import _MODULES as COMMANDS
from cli.lab.breakage import broken, copy_bicep, edited, role_guid, scope_of
from cli.lab.course import CourseError, Edit, Lab, Row, lab_of, read_course
from cli.short_names import AmbiguousError
from infra.rehearsal.files import has_compiler
from sandbox.deployment import SNAPSHOT, Deployment, RoleAssignment, as_compiled, load
from sandbox.deployment.given_snapshot import given_snapshot
from sandbox.state import State

COURSE = read_course()
SAMPLE = as_compiled()
each_lab = pytest.mark.parametrize("lab", COURSE.values(), ids=lambda lab: str(lab.number))


def rights(assignments: tuple[RoleAssignment, ...]) -> set[tuple[str, str, str]]:
    return {each.key for each in assignments}


def a_right(row: Row, sample: Deployment) -> tuple[str, str, str]:
    principal = sample.principal(row.who).principal_id
    return principal, role_guid(sample, row.role), scope_of(sample, row.on).lower()


def written(lab: Lab, folder: Path) -> Path:
    path = folder / "broken.snapshot.json"
    path.write_text(json.dumps(broken(json.loads(SNAPSHOT.read_text()), lab, SAMPLE)))
    return path


@each_lab
def test_a_story_is_short(lab: Lab) -> None:
    assert 20 < len(lab.story.split()) < 150


@each_lab
def test_the_broken_copy_differs_from_the_sample_in_the_rows_of_the_lab_alone(
    lab: Lab, tmp_path: Path
) -> None:
    """The expected difference is of the rows, and not of the function that edits the snapshot."""
    sample = load(State(tmp_path), SNAPSHOT, is_own=True)
    found = load(State(tmp_path), written(lab, tmp_path), is_own=True)
    before, after = rights(sample.assignments), rights(found.assignments)
    assert before - after == {a_right(each, sample) for each in lab.revoke}
    assert after - before == {a_right(each, sample) for each in lab.grant}


@pytest.mark.skipif(not has_compiler(), reason="there is no Bicep CLI")
@each_lab
def test_the_broken_bicep_compiles_to_the_broken_copy(lab: Lab, tmp_path: Path) -> None:
    copy_bicep(tmp_path / "bicep", lab.edits)
    compiled = given_snapshot(State(tmp_path), tmp_path / "bicep" / "sandbox.bicepparam")
    by_bicep = load(State(tmp_path), compiled, is_own=True)
    by_edits = load(State(tmp_path), written(lab, tmp_path), is_own=True)
    developer = by_bicep.principal("developer").principal_id

    def of_others(found: Deployment) -> set[tuple[str, str, str]]:
        """In Bicep the developer's rows follow the services', which a lab leaves as they are."""
        return {each for each in rights(found.assignments) if each[0] != developer}

    assert of_others(by_bicep) == of_others(by_edits)


@each_lab
def test_a_hint_names_nothing_that_is_not_there(lab: Lab) -> None:
    named = [name for hint in lab.hints for name in re.findall(r"`([^`]+)`", hint)]
    assert named
    assert [name for name in named if not exists(name)] == []


def test_a_name_that_is_not_there_would_be_noticed() -> None:
    wrong = ("thumbnailr", "containers/photos", "Blob Reader", "./keyless acess", "modules/a.bicep")
    assert not any(map(exists, wrong))


def exists(name: str) -> bool:
    """Return whether a name in a hint is a command, an identity, a file, a role or a resource."""
    if name.startswith("./keyless "):
        return name.split()[1] in COMMANDS
    if any(name == each.name for each in SAMPLE.principals):
        return True
    if (SNAPSHOT.parent / name).is_file():
        return True
    for kind in (role_guid, scope_of):
        try:
            return bool(kind(SAMPLE, name))
        except (CourseError, AmbiguousError):
            continue
    return False


def test_an_edit_that_fits_nowhere_or_twice_is_an_error() -> None:
    assert edited("a b", Edit("file", "b", "c")) == "a c"
    with pytest.raises(CourseError, match="0 times"):
        edited("a b", Edit("file", "c", ""))
    with pytest.raises(CourseError, match="2 times"):
        edited("b b", Edit("file", "b", ""))


def test_a_row_that_the_sample_does_not_have_cannot_be_revoked() -> None:
    row = Row("notifier", "Storage Blob Data Reader", "containers/originals")
    lab = dataclasses.replace(COURSE[3], revoke=[row])
    with pytest.raises(CourseError, match="0 rows of notifier"):
        broken(json.loads(SNAPSHOT.read_text()), lab, SAMPLE)


def test_an_unknown_number_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CourseError, match=r"there is no lab 99; choose from .*3, 4"):
        lab_of(COURSE, 99)


def test_a_folder_that_lacks_a_field_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "01-nothing"
    folder.mkdir()
    (folder / "lab.toml").write_text("hints = ['a', 'b', 'c']")
    with pytest.raises(CourseError, match=r"01-nothing/lab.toml lacks 'break'"):
        read_course(tmp_path)
    (folder / "lab.toml").write_text("hints = []\n[break]")
    with pytest.raises(CourseError, match="it has 0 hints, and not 3"):
        read_course(tmp_path)
