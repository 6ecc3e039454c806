"""Nothing that is written down here is a key, and each exception is still one."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.state import PROJECT
from tests.infra.bicep import needs_bicep
from tests.keys.__main__ import complaints
from tests.keys.allowances import STATIC, Allowance, unexplained, unused
from tests.keys.places import source, template
from tests.keys.planting import copy_tree
from tests.keys.plants import PLANTS
from tests.keys.scan import Finding, Text, scan

_PNG = b"\x89PNG\r\n\x1a\n"


def test_there_is_no_key_where_nothing_runs() -> None:
    assert list(complaints(PROJECT)) == []


def test_the_command_names_a_key_by_its_file_and_line_and_never_by_its_value(
    tmp_path: Path,
) -> None:
    value = PLANTS[0].make()
    (copy_tree(tmp_path) / "services" / "gateway" / "planted.py").write_text(f'\nkey = "{value}"\n')
    found = "\n".join(complaints(tmp_path))
    assert "services/gateway/planted.py:2: Storage account key (source)" in found
    assert value not in found


def test_what_cannot_be_searched_is_said_and_not_taken_for_clean(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="git cannot list the files of"):
        list(source(tmp_path))


def test_a_picture_is_searched_but_for_its_pixels(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    line = f'\nkey = "{PLANTS[0].make()}"\n'.encode()
    for name, chunk in {"pixels": b"IDAT", "comment": b"tEXt"}.items():
        data = len(line).to_bytes(4) + chunk + line + bytes(4)
        (tmp_path / f"{name}.png").write_bytes(_PNG + data + bytes(4) + b"IEND" + bytes(4))
    (tmp_path / "cut off.png").write_bytes(_PNG + len(line).to_bytes(4) + b"IDAT" + line)
    assert {each.where for each in scan(source(tmp_path))} == {"comment.png", "cut off.png"}


@needs_bicep
def test_a_template_that_does_not_compile_is_said_and_not_taken_for_clean(tmp_path: Path) -> None:
    (copy_tree(tmp_path) / "infra" / "bicep" / "main.bicep").write_text("no Bicep")
    with pytest.raises(RuntimeError, match=r"main\.bicep does not compile"):
        list(template(tmp_path))


def test_an_allowance_that_matches_nothing_is_named(tmp_path: Path) -> None:
    found = list(complaints(copy_tree(tmp_path)))
    assert [each for each in found if "expressions" in each or "listKeys" in each]


def test_an_allowance_is_for_its_kind_its_file_and_its_text_alone() -> None:
    allowance = Allowance("kind", "a/*.py", r"word=\w+", "A reason.")
    finding = Finding("kind", "source", "a/b.py", 1, "one", "word=one other=two")
    assert allowance.covers(finding)
    for other in (
        replace(finding, kind="another"),
        replace(finding, where="b/b.py"),
        Finding("kind", "source", "a/b.py", 1, "two", finding.text),
    ):
        assert not allowance.covers(other)
        assert unexplained([other], [allowance]) == [other]
        assert unused([other], [allowance]) == [allowance]


def test_a_line_may_hold_an_allowed_text_and_a_key() -> None:
    value = PLANTS[0].make()
    line = f'"integrity": "sha512-{PLANTS[0].make()}", "key": "{value}"\n'
    where = "sandbox/storage/azurite/package-lock.json"
    found = unexplained(list(scan([Text("source", where, line)])), STATIC)
    assert [each.secret for each in found] == [value]
