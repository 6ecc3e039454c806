"""A text that held nothing is not searched again, and any other is."""

from dataclasses import replace
from pathlib import Path

from tests.keys.clean_texts import CleanTexts
from tests.keys.scan import Finding, Text

PLAIN = Text("source", "docs/a.md", "nothing")
OTHER = Text("source", "docs/b.md", "something")
FOUND = Finding("Bearer token", "source", OTHER.where, 1, "x", "x")


def test_only_a_text_without_a_finding_is_skipped_the_next_time(tmp_path: Path) -> None:
    first = CleanTexts(tmp_path / "tools")
    assert first.unknown([PLAIN, OTHER]) == [PLAIN, OTHER]
    first.keep([PLAIN, OTHER], [FOUND])
    again = CleanTexts(tmp_path / "tools")
    assert again.unknown([PLAIN, OTHER, replace(PLAIN, place="images")]) == [OTHER]


def test_a_text_that_has_changed_is_searched(tmp_path: Path) -> None:
    clean = CleanTexts(tmp_path)
    clean.keep([PLAIN], [])
    changed = [replace(PLAIN, content="other"), replace(PLAIN, where="x.ini")]
    changed += [replace(PLAIN, configuration=True)]
    assert CleanTexts(tmp_path).unknown([*changed, PLAIN]) == changed


def test_a_broken_file_means_that_everything_is_searched(tmp_path: Path) -> None:
    CleanTexts(tmp_path).keep([PLAIN], [])
    for content in ("", "{", "1", "[[]]"):
        (tmp_path / "clean-texts.json").write_text(content)
        assert CleanTexts(tmp_path).unknown([PLAIN]) == [PLAIN]


def test_no_text_is_kept(tmp_path: Path) -> None:
    CleanTexts(tmp_path).keep([PLAIN, OTHER], [FOUND])
    kept = (tmp_path / "clean-texts.json").read_text()
    assert not any(each.content in kept or each.where in kept for each in (PLAIN, OTHER))
