"""The answers in a file: those of a report, and clear errors for whatever else people give."""

from pathlib import Path

import pytest

from local.report.answer_block import FENCE, LARGEST, ReportError, read
from sandbox.assumptions import QUESTIONS

KNOWN, OTHER = QUESTIONS[0], QUESTIONS[-1]
FIRST, SECOND = f"{KNOWN.name}={KNOWN.answers[1]}", f"{OTHER.name}={OTHER.answers[0]}"


def written(folder: Path, *lines: str, around: str = "An issue.\n\n") -> Path:
    path = folder / "report.md"
    block = "\n".join((f"```{FENCE}", "format 1", *lines, "```"))
    path.write_text(f"{around}{block}\n{around}")
    return path


def test_the_answers_of_the_block_are_read_whatever_is_around(tmp_path: Path) -> None:
    found = read(written(tmp_path, FIRST, "# bus-missing: 500", "", SECOND))
    assert found == {KNOWN.name: KNOWN.answers[1], OTHER.name: OTHER.answers[0]}


def test_a_file_from_windows_is_read_too(tmp_path: Path) -> None:
    path = written(tmp_path, FIRST)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_text().replace("\n", "\r\n").encode())
    assert read(path) == {KNOWN.name: KNOWN.answers[1]}


def test_the_same_answer_twice_is_one(tmp_path: Path) -> None:
    assert read(written(tmp_path, FIRST, FIRST)) == {KNOWN.name: KNOWN.answers[1]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nobody-asks=this", "line 5: no assumption is called 'nobody-asks'"),
        (f"{KNOWN.name}=perhaps", f"line 5: {KNOWN.name} is "),
        ("no answer at all", "line 5: no assumption is called 'no answer at all'"),
        ("x" * 101, "line 5 is too long"),
        (f"{KNOWN.name}=\x1b[31m{KNOWN.answers[0]}", r"line 5: .*\\x1b"),
    ],
)
def test_a_line_that_is_no_answer_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ReportError, match=said) as raised:
        read(written(tmp_path, line))
    assert "./keyless report" in str(raised.value)
    assert "\x1b" not in str(raised.value)


def test_two_answers_to_one_question_are_a_contradiction(tmp_path: Path) -> None:
    other = f"{KNOWN.name}={KNOWN.answers[0]}"
    with pytest.raises(ReportError, match=r"line 6: .* already has a different answer"):
        read(written(tmp_path, FIRST, other))


def test_another_format_is_for_another_version(tmp_path: Path) -> None:
    path = written(tmp_path, FIRST)
    path.write_text(path.read_text().replace("format 1", "format 2"))
    with pytest.raises(ReportError, match="line 4: this version reads 'format 1'"):
        read(path)


def test_two_reports_in_a_file_are_one_too_many(tmp_path: Path) -> None:
    path = written(tmp_path, FIRST)
    path.write_text(path.read_text() * 2)
    with pytest.raises(ReportError, match="two reports, at lines 3 and 11"):
        read(path)


def test_a_block_that_was_cut_off_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, FIRST)
    path.write_text(path.read_text().rpartition("```")[0])
    with pytest.raises(ReportError, match="line 3: the block has no end"):
        read(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a report: it has no line"),
        (b"# Something else", "is not a report: it has no line"),
        (b"\xff\xfe\x00", "it is not UTF-8 text"),
        (b"x" * (LARGEST + 1), "it is larger than 256 KiB"),
    ],
)
def test_what_is_no_report_is_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "report.md"
    path.write_bytes(content)
    with pytest.raises(ReportError, match=said):
        read(path)


def test_an_endless_file_costs_no_more_than_its_bound() -> None:
    with pytest.raises(ReportError, match="larger than"):
        read(Path("/dev/zero"))


def test_a_file_that_is_not_there_or_is_a_folder_is_one_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.md", tmp_path):
        with pytest.raises(ReportError, match="cannot be read"):
            read(path)
