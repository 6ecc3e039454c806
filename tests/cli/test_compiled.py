"""The snapshot that apply deploys: compiled and rehearsed, or refused with file and line."""

import shutil
from pathlib import Path

import pytest

from cli import compiled as module
from cli.compiled import (
    CompileError,
    RefusedError,
    compiled,
    followed,
    will_compile,
)
from infra.rehearsal.declarations import declaration
from sandbox.deployment import SNAPSHOT, remember
from sandbox.deployment.given_snapshot import GivenError, keep
from sandbox.state import State
from tests.infra.bicep import FOLDER, needs_bicep

# What the compiler says of a template whose module is broken, which has consequences in itself.
SAID = (
    "{0}/main.bicep(1,1) : Error BCP104: The referenced module has errors.\n"
    "{0}/main.bicep(9,1) : Error BCP053: The module has no such output.\n"
    "{0}/module.bicep(3,1) : Error BCP018: It is broken.\n"
    "{0}/module.bicep(4,1) : Error BCP018: It is still broken.\n"
)

STATE = State(Path("/no/such/state"))


@pytest.fixture
def bicep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the Bicep, in the place of the project's own."""
    copy = tmp_path / "infra" / "bicep"
    shutil.copytree(FOLDER, copy)
    monkeypatch.setattr(module, "PROJECT", tmp_path)
    monkeypatch.setattr(module, "BICEP", copy)
    monkeypatch.setattr(module, "SNAPSHOT", copy / SNAPSHOT.name)
    monkeypatch.setattr(module, "_TEMPLATE", copy / "main.bicep")
    monkeypatch.setattr(module, "_PARAMETERS", copy / "sandbox.bicepparam")
    monkeypatch.setattr(module, "_SCRIPT", copy / "snapshot")
    monkeypatch.setattr(module, "_SOURCES", copy / "sandbox.snapshot.sources")
    return copy


def edit(file: Path, old: str, new: str) -> int:
    """Replace the first `old` in a file; return its line."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


@needs_bicep
def test_bicep_that_does_not_compile_is_named_with_its_file_and_line(bicep: Path) -> None:
    line = edit(
        bicep / "modules" / "messaging.bicep",
        "lockDuration: lockDuration",
        "lockDuration: lokDuration",
    )
    with pytest.raises(CompileError) as error:
        compiled(STATE, bicep / SNAPSHOT.name)
    assert f"infra/bicep/modules/messaging.bicep({line}," in str(error.value)
    assert "lokDuration" in str(error.value)
    assert str(bicep) not in str(error.value)
    assert (bicep / SNAPSHOT.name).read_text() == SNAPSHOT.read_text()


@needs_bicep
def test_a_deployment_that_azure_would_refuse_is_named_with_its_file_and_line(bicep: Path) -> None:
    module = bicep / "modules" / "access.bicep"
    edit(module, "name: nameOf(row, container[i].id, ids[row.who])", "name: 'container-${i}'")
    with pytest.raises(RefusedError) as error:
        compiled(STATE, bicep / SNAPSHOT.name)
    places = {place for place, _ in error.value.findings}
    text = module.read_text()
    line = text[: text.index("resource onContainer")].count("\n") + 1
    assert places == {f"infra/bicep/modules/access.bicep:{line}"}
    assert all(finding.mend for _, finding in error.value.findings)


@needs_bicep
def test_an_edit_is_compiled_rehearsed_and_written_only_when_it_is_in_force(bicep: Path) -> None:
    edit(bicep / "modules" / "messaging.bicep", "'PT1M'", "'PT30S'")
    snapshot = bicep / SNAPSHOT.name
    found = compiled(STATE, snapshot)
    assert (found.source, found.note) == (snapshot, "")
    assert '"lockDuration": "PT30S"' in found.text
    assert snapshot.read_text() == SNAPSHOT.read_text()
    assert found.write()
    assert snapshot.read_text() == found.text
    assert not found.write(), "it is written once"


def test_without_a_compiler_the_snapshot_is_taken_as_it_is(
    bicep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BICEP", "/no/such/program")
    found = compiled(STATE, bicep / SNAPSHOT.name)
    assert found.text == SNAPSHOT.read_text()
    assert "its order was not looked at" in found.note
    assert not found.write()
    assert followed(bicep / SNAPSHOT.name)[0] == bicep / SNAPSHOT.name


@needs_bicep
def test_other_bicep_is_rehearsed_and_compiled_for_this_start_and_the_next(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    template = tmp_path / "main.bicep"
    queue = "resource q 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {\n  parent: bus\n"
    bus = "resource bus 'Microsoft.ServiceBus/namespaces@2024-01-01' = {\n  name: 'sb-other-1'\n"
    written = f"{bus}  location: 'westeurope'\n}}\n{queue}  name: 'orders'\n}}\n"
    template.write_text(written)
    found = compiled(state, template)
    assert (found.source.parent, found.bicep) == (state.root, template)
    assert "sb-other-1/orders" in found.text
    template.write_text(written.replace("'sb-other-1'", "'sb'"))
    with pytest.raises(RefusedError) as error:
        compiled(state, template)
    assert {place for place, _ in error.value.findings} == {str(template)}
    assert found.source.read_text() == found.text, "the next start has what is in force"


def test_a_compiler_error_is_one_line_and_keeps_the_last_compiled_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, template = State.open(tmp_path / "state"), tmp_path / "main.bicep"
    template.write_text("")
    kept = keep(state, template, b"{}")
    program = tmp_path / "a-bicep"
    program.write_text(f"#!/bin/sh\nprintf '%s' '{SAID.format(tmp_path)}' >&2; exit 1\n")
    program.chmod(0o700)
    monkeypatch.setenv("BICEP", str(program))
    with pytest.raises(GivenError) as error:
        compiled(state, template)
    module = f"{tmp_path}/module.bicep(3,1) : Error BCP018: It is broken."
    assert str(error.value) == f"{template} does not compile: {module}"
    assert kept.read_text() == "{}"


def test_without_a_compiler_remembered_bicep_is_taken_as_last_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BICEP", "/no/such/program")
    state, template = State.open(tmp_path / "state"), tmp_path / "main.bicep"
    template.write_text("")
    with pytest.raises(GivenError, match="install the Bicep CLI"):
        compiled(state, template)
    kept = keep(state, template, b"{}")
    remember(state, kept, template)
    found = compiled(state, template)
    assert (found.text, found.source, found.bicep) == ("{}", kept, template)
    assert f"{template} was taken as last compiled, without later edits" in found.note
    assert not will_compile(template)
    assert followed(template) == (template, template), "an edit is noticed"


def test_another_snapshot_is_taken_as_it_is(bicep: Path, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    found = compiled(STATE, tmp_path / "other.json")
    assert (found.text, found.source) == ("{}", tmp_path / "other.json")
    assert "not looked at" in found.note
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe")
    with pytest.raises(CompileError, match=r"binary\.json is no Bicep snapshot"):
        compiled(STATE, tmp_path / "binary.json")
    with pytest.raises(GivenError, match=r"there is no file .*missing\.json$"):
        compiled(STATE, tmp_path / "missing.json")
    with pytest.raises(GivenError, match="is a folder: name a snapshot"):
        compiled(STATE, tmp_path)


@needs_bicep
def test_a_watch_follows_each_file_of_the_bicep_or_the_snapshot(
    bicep: Path, tmp_path: Path
) -> None:
    names = {each.name for each in followed(bicep / SNAPSHOT.name)}
    assert {"main.bicep", "access.bicep", "entities.bicep", "sandbox.bicepparam"} <= names
    assert SNAPSHOT.name not in names, "apply itself writes it"
    assert followed(tmp_path / "other.json")[0] == tmp_path / "other.json"


def test_a_resource_of_a_plan_is_found_where_it_is_declared() -> None:
    found = declaration(FOLDER / "main.bicep", "application/access/onQueue[2]")
    assert found is not None
    assert found.file == FOLDER / "modules" / "access.bicep"
    line = found.file.read_text().splitlines()[found.line - 1]
    assert line.startswith("resource onQueue '")
    assert declaration(FOLDER / "main.bicep", "application/no_such_module/onQueue") is None
    assert declaration(FOLDER / "main.bicep", "no_such_symbol") is None
