"""The labs as their folders describe them, held against the sample."""

import dataclasses
import json
import re
import shutil
from pathlib import Path

import pytest

from cli.lab.breakage import broken, copy_bicep, edited, role_guid, scope_of
from cli.lab.course import Break, CourseError, Edit, Lab, Row, lab_of, read_course
from infra.rehearsal.files import has_compiler
from sandbox.deployment import (
    SNAPSHOT,
    Deployment,
    RoleAssignment,
    as_compiled,
    difference,
    load,
)
from sandbox.deployment.given_snapshot import given_snapshot
from sandbox.state import State
from tests.cli.lab.named import exists

COURSE = read_course()
SAMPLE = as_compiled()
WITH_BICEP = [lab for lab in COURSE.values() if lab.broken.edits]
each_lab = pytest.mark.parametrize("lab", COURSE.values(), ids=lambda lab: str(lab.number))
each_lab_with_bicep = pytest.mark.parametrize("lab", WITH_BICEP, ids=lambda lab: str(lab.number))


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
def test_the_commands_of_a_story_are_paragraphs_for_the_page(lab: Lab) -> None:
    for each in lab.story.split("\n\n"):
        assert each.count("```") in {0, 2}
        assert "```" not in each or (each.startswith("```") and each.endswith("```"))


@each_lab
def test_a_check_is_short(lab: Lab) -> None:
    assert lab.check is None or len(lab.check.read_text().splitlines()) <= 60


@each_lab
def test_the_broken_copy_differs_from_the_sample_in_the_rows_of_the_lab_alone(
    lab: Lab, tmp_path: Path
) -> None:
    """The expected difference is of the rows, and not of the function that edits the snapshot."""
    sample = load(State(tmp_path), SNAPSHOT, is_own=True)
    found = load(State(tmp_path), written(lab, tmp_path), is_own=True)
    before, after = rights(sample.assignments), rights(found.assignments)
    assert before - after == {a_right(each, sample) for each in lab.broken.revoke}
    assert after - before == {a_right(each, sample) for each in lab.broken.grant}


@pytest.mark.skipif(not has_compiler(), reason="there is no Bicep CLI")
@each_lab_with_bicep
def test_the_broken_bicep_compiles_to_the_broken_copy(lab: Lab, tmp_path: Path) -> None:
    copy_bicep(tmp_path / "bicep", lab.broken.edits)
    compiled = given_snapshot(State(tmp_path), tmp_path / "bicep" / "sandbox.bicepparam")
    by_bicep = load(State(tmp_path), compiled, is_own=True)
    by_edits = load(State(tmp_path), written(lab, tmp_path), is_own=True)
    developer = by_bicep.principal("developer").principal_id

    def of_others(found: Deployment) -> set[tuple[str, str, str]]:
        """In Bicep the developer's rows follow the services', which a lab leaves as they are."""
        return {each for each in rights(found.assignments) if each[0] != developer}

    assert of_others(by_bicep) == of_others(by_edits)
    assert difference(by_edits, by_bicep, ()).resources == ()


@each_lab
def test_a_hint_names_nothing_that_is_not_there(lab: Lab) -> None:
    named = [name for hint in lab.hints for name in re.findall(r"`([^`]+)`", hint)]
    assert named
    assert [name for name in named if not exists(name, lab)] == []


@pytest.mark.parametrize(
    "name",
    [
        *("thumbnailr", "containers/photos", "Blob Reader", "CATALOG_ADDRESS", "blobs/write/it"),
        *("modules/a.bicep", "work/a.py", "docs/a.md"),
        *("./keyless acess", "./keyless access --who gateway", "./keyless doctor gatewy"),
        "./keyless explain gateway blobs/raed containers/originals",
        "./keyless fault partner-411 --end",
        "./keyless lab chekc",
        "./keyless as gateway -- python .keyless/labs/09/work/pool.py",
        "./keyless as gateway -- python .keyless/labs/08/work/poll.py",
    ],
)
def test_a_name_that_is_not_there_would_be_noticed(name: str) -> None:
    assert not exists(name, COURSE[9])


@pytest.mark.parametrize(
    "name",
    [
        *("gateway", "deployer", "AZURE_CLIENT_ID", "containers/originals", "blobs/read"),
        *("Keyless Blob Keeper", "work/poll.py", "docs/labs.md", "modules/access.bicep"),
        "./keyless fault --end partner-410",
        "./keyless set --token-lifetime 6m",
        "./keyless as gateway -- python .keyless/labs/09/work/poll.py --once",
    ],
)
def test_a_name_that_is_there_is_found(name: str) -> None:
    assert exists(name, COURSE[9])


def test_an_edit_that_fits_nowhere_or_twice_is_an_error() -> None:
    assert edited("a b", Edit("file", "b", "c")) == "a c"
    with pytest.raises(CourseError, match="0 times"):
        edited("a b", Edit("file", "c", ""))
    with pytest.raises(CourseError, match="2 times"):
        edited("b b", Edit("file", "b", ""))


def test_a_row_that_the_sample_does_not_have_cannot_be_revoked() -> None:
    row = Row("notifier", "Storage Blob Data Reader", "containers/originals")
    lab = dataclasses.replace(COURSE[3], broken=Break(revoke=[row]))
    with pytest.raises(CourseError, match="0 rows of notifier"):
        broken(json.loads(SNAPSHOT.read_text()), lab, SAMPLE)


def test_an_unknown_number_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CourseError, match=r"there is no lab 99; choose from .*3, 4"):
        lab_of(COURSE, 99)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of lab 3 without its files, whose lab.toml a test changes."""
    ignored = shutil.ignore_patterns("start")
    return Path(shutil.copytree(COURSE[3].folder, tmp_path / "03-copy", ignore=ignored))


def with_more(folder: Path, more: str) -> Lab:
    path = folder / "lab.toml"
    path.write_text(path.read_text() + more)
    return read_course(folder.parent)[3]


def test_a_folder_that_lacks_a_field_is_named(folder: Path) -> None:
    (folder / "lab.toml").write_text("hints = ['a', 'b', 'c']")
    with pytest.raises(CourseError, match=r"03-copy/lab.toml lacks 'break'"):
        read_course(folder.parent)


@pytest.mark.parametrize(
    ("written", "instead", "sentence"),
    [
        ('probes = ["blobs"]', "", "it has neither probes nor a check.py"),
        ('probes = ["blobs"]', 'probe = ["blobs"]', "it has 'probe', which no lab has"),
        ('probes = ["blobs"]', 'sandbox = { age = "6m" }', "no setting is called 'age'"),
        ('probes = ["blobs"]', 'sandbox = { propagation = "1" }', "propagation: '1' is no dur"),
        ("[[break.revoke]]", "[[break.rule]]", "[break] has 'rule', which is none of revoke,"),
        ("[[break.revoke]]", "[[break.recreate]]", "unexpected keyword argument 'who'"),
    ],
)
def test_a_mistake_in_a_lab_is_named(
    folder: Path, written: str, instead: str, sentence: str
) -> None:
    text = (folder / "lab.toml").read_text()
    assert written in text
    (folder / "lab.toml").write_text(text.replace(written, instead))
    with pytest.raises(CourseError, match=re.escape(sentence)):
        read_course(folder.parent)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ('name = "vault-9"', "no fault is called 'vault-9'"),
        ('name = "vault-429"\nfor = "soon"', "'soon' is no duration"),
        ('name = "vault-429"\nseed = "7"', "a fault has a name, or the seed of an incident"),
        ("", "a fault has a name, or the seed of an incident"),
    ],
)
def test_a_fault_that_cannot_begin_is_named(folder: Path, more: str, sentence: str) -> None:
    with pytest.raises(CourseError, match=re.escape(sentence)):
        with_more(folder, f"\n[[break.fault]]\n{more}\n")


def test_a_solution_is_of_files_that_the_learner_has(folder: Path) -> None:
    (folder / "solution").mkdir()
    with pytest.raises(CourseError, match=r"it has a solution/ of a start/ that does not exist"):
        read_course(folder.parent)


def test_a_lab_with_files_may_break_nothing_else(folder: Path) -> None:
    (folder / "start").mkdir()
    text = (folder / "lab.toml").read_text()
    (folder / "lab.toml").write_text(text[: text.index("[[break.revoke]]")])
    assert read_course(folder.parent)[3].broken == Break()


def test_a_setting_replaces_one_variable_of_one_app(folder: Path, tmp_path: Path) -> None:
    setting = """
    [[break.setting]]
    app = "gateway"
    name = "AZURE_CLIENT_ID"
    value = "00000000-0000-0000-0000-000000000000"
    [[break.setting]]
    app = "thumbnailer"
    name = "MALLOC_ARENA_MAX"
    """
    lab = with_more(folder, setting)
    sample = load(State(tmp_path), SNAPSHOT, is_own=True)
    found = load(State(tmp_path), written(lab, tmp_path), is_own=True)
    for before, after in zip(sample.apps, found.apps, strict=True):
        differs = dict(before.environment.items() ^ after.environment.items())
        match before.name:
            case "gateway":
                assert set(differs) == {"AZURE_CLIENT_ID"}
                assert after.environment["AZURE_CLIENT_ID"].startswith("00000000-")
            case "thumbnailer":
                assert differs == {"MALLOC_ARENA_MAX": "2"}
            case _:
                assert differs == {}


def test_a_setting_that_changes_nothing_is_an_error(folder: Path, tmp_path: Path) -> None:
    setting = '[[break.setting]]\napp = "gateway"\nname = "NO_SUCH_VARIABLE"\n'
    with pytest.raises(CourseError, match="NO_SUCH_VARIABLE of gateway is as in the sample"):
        written(with_more(folder, setting), tmp_path)


def test_a_property_gets_its_other_value(folder: Path, tmp_path: Path) -> None:
    lab = with_more(folder, a_property("allowSharedKeyAccess", "true"))
    assert load(State(tmp_path), written(lab, tmp_path), is_own=True).storage.shared_key
    assert not SAMPLE.storage.shared_key


@pytest.mark.parametrize("name", ["allowSharedKeyAccess", "noSuchProperty"])
def test_a_property_that_changes_nothing_is_an_error(
    name: str, folder: Path, tmp_path: Path
) -> None:
    lab = with_more(folder, a_property(name, "false"))
    with pytest.raises(CourseError, match=f"account has no other '{name}'"):
        written(lab, tmp_path)


def a_property(name: str, value: str) -> str:
    return f'[[break.property]]\non = "account"\nname = "{name}"\nvalue = {value}\n'
