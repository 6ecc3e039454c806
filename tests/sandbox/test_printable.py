"""A terminal shows received text, and does not obey it."""

import json
import sys
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from sandbox.printable import printable, printable_lines, shortened

_TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text())
def test_whatever_is_printed_is_one_line_and_holds_nothing_that_acts(text: str) -> None:
    shown = printable(text)
    assert {unicodedata.category(each) for each in shown}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
    assert {unicodedata.bidirectional(each) for each in shown}.isdisjoint(_TURNS)
    assert len(shown.splitlines()) <= 1


def test_what_acts_on_a_terminal_is_escaped_as_in_json() -> None:
    assert printable("a\x1b[2Jb\r\nc\x9bd\u202ee\x7f") == (r"a\u001b[2Jb\r\nc\u009bd\u202ee\u007f")
    assert printable_lines("a\nb\x1bc") == "a\nb\\u001bc"
    assert printable("ein Foto über 日本 👩\u200d🚀.png") == "ein Foto über 日本 👩\u200d🚀.png"


def test_a_character_that_cannot_be_seen_is_escaped() -> None:
    for each in "\xad\u061c\u200b\u2060\u2028\ufeff\ufffb\U000e0041":
        assert printable(f"a{each}b") == f"a{json.dumps(each)[1:-1]}b"


def test_no_character_that_is_escaped_is_printable_to_python() -> None:
    all_printable = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))
    assert printable_lines(all_printable) == all_printable


@given(st.text())
def test_json_stays_json_and_means_the_same(text: str) -> None:
    written = json.dumps({"said": text}, ensure_ascii=False)
    for shown in (printable(written), printable_lines(written)):
        assert json.loads(shown) == {"said": text}


def test_what_is_long_is_named_with_its_length() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "abc... (4 characters)"
