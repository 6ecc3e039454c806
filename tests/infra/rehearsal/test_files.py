"""Templates and parameters are read from files of each kind, and bad ones are named."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.rehearsal.files import (
    FilesError,
    NoCompilerError,
    read_both,
    read_parameters,
    read_template,
)
from infra.rehearsal.values import Unknown
from tests.infra.bicep import needs_bicep


def written(folder: Path, name: str, content: Any) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_parameters_are_read_with_and_without_their_frame(tmp_path: Path) -> None:
    values = {"a": {"value": 1}, "b": {"value": None}, "c": {"reference": {"secretName": "s"}}}
    framed = {"$schema": "s", "contentVersion": "1.0.0.0", "parameters": values}
    for content in (framed, {"$schema": "s", **values}):
        found = read_parameters(written(tmp_path, "p.json", content))
        assert found == {"a": 1, "b": None, "c": Unknown("the secret of the parameter c")}


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert read_template(written(tmp_path, "t.json", '\ufeff{"resources": []}')).content == {
        "resources": []
    }


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is no JSON"),
        ("[]", "holds no JSON object"),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_a_file_that_is_none_is_named(tmp_path: Path, content: str, why: str) -> None:
    path = written(tmp_path, "t.json", content)
    for read in (read_template, read_parameters):
        with pytest.raises(FilesError, match=why) as failed:
            read(path)
        assert str(path) in str(failed.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="cannot be read"):
        read_template(tmp_path / "absent.json")


def test_without_a_compiler_bicep_stops_with_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BICEP", "no-such-bicep")
    with pytest.raises(NoCompilerError, match=r"'no-such-bicep'.*aka\.ms/bicep-install"):
        read_template(written(tmp_path, "t.bicep", ""))


@needs_bicep
def test_bicep_is_compiled_and_what_the_compiler_said_is_kept(tmp_path: Path) -> None:
    found = read_template(written(tmp_path, "t.bicep", "param unused string\noutput it int = 5\n"))
    assert found.content["outputs"]["it"]["value"] == 5
    assert "no-unused-params" in found.diagnostics
    given = "using './t.bicep'\nparam unused = 'x'\n"
    assert read_parameters(written(tmp_path, "t.bicepparam", given)) == {"unused": "x"}


@needs_bicep
def test_bicep_that_does_not_compile_says_why(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match=r"does not compile: .*BCP"):
        read_template(written(tmp_path, "t.bicep", "output it string = absent\n"))


@needs_bicep
def test_parameters_and_their_template_are_compiled_at_once(tmp_path: Path) -> None:
    template = written(tmp_path, "t.bicep", "param size int\nparam unused string = ''\n")
    parameters = written(tmp_path, "t.bicepparam", "using 't.bicep'\nparam size = 3\n")
    read, given = read_both(parameters)
    assert given == {"size": 3}
    assert read.content == read_template(template).content
    assert "no-unused-params" in read.diagnostics, "the template's warnings"
