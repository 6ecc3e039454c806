"""The prose of the project comes no further from plain English than words.json allows."""

from pathlib import Path

import pytest

from sandbox.state import PROJECT
from tests.docs import words


def test_no_figure_is_above_the_committed_one() -> None:
    figures, most = words.rates(*words.counted([PROJECT])), words.committed()
    risen = {row: f"{rate} > {most[row]}" for row, rate in figures.items() if rate > most[row]}
    assert risen == {}, "python -m tests.docs.words --where PATH... lists the places"


def test_a_lower_figure_replaces_a_higher_one_and_never_the_other_way() -> None:
    old, new = dict.fromkeys(words.ROWS, 2.0), dict.fromkeys(words.ROWS, 1.0)
    none = dict.fromkeys(words.ROWS, 0.0)
    assert words.lowered(old, new, none) == new
    assert words.lowered(new, old, none) == new


def test_no_figure_has_to_be_lower_than_its_anchor() -> None:
    old, new = dict.fromkeys(words.ROWS, 2.0), dict.fromkeys(words.ROWS, 1.0)
    anchors = dict.fromkeys(words.ROWS, 1.5)
    assert words.lowered(old, new, anchors) == anchors


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.md", "It is told once.\n\n```sh\ntold\n```\n\nRead `told` and [more](told.md).\n"),
        ("module.py", 'TOLD = "told"  # told\n\ndef told() -> None:\n    """Be told."""\n'),
        ("main.bicep", "// told\n@description('The told one.')\nparam told string = 'told'\n"),
        ("rows.bicep", "{\n  who: 'told'\n  why: 'It is told.'\n}\n"),
    ],
)
def test_prose_is_counted_and_code_is_not(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert words.counted([tmp_path])[0]["told"] == 1


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("The reader, who has seen it.", "who"),
        ("The queue takes what is there, and ends.", "is there"),
        ("It was not there.", "is there"),
        ("The broker is away for a minute.", "is away"),
        ("First. Who reads it twice is refused.", "a sentence that begins with What, Who"),
        ("Whether it is open.", "a docstring that begins with Whether"),
    ],
)
def test_a_phrase_of_the_dialect_is_found(text: str, row: str) -> None:
    piece = words.Prose(text, Path("module.py"), docstring=True)
    assert any(each.row.startswith(row) for each in words.hits([piece]))


@pytest.mark.parametrize(
    "text",
    [
        "Is there a lock? What does it hold? How to renew it: call renew.",
        "Return whether there is a message, however old it is.",
        "The lock is there because two workers compete.",
        "Move away from keys, and tell the client to retry.",
    ],
)
def test_plain_english_is_not(text: str) -> None:
    found = {each.row for each in words.hits([words.Prose(text, Path("a.py"), docstring=True)])}
    assert found <= {"what"}


def test_a_place_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text('import os\n\n\ndef f():\n    """Return.\n\n    Said."""\n')
    (hit,) = words.hits(list(words.prose([tmp_path])))
    assert (hit.row, hit.line) == ("said", 7)
