"""The attendees, from arguments or the lines of a file."""

from pathlib import Path

import pytest

from infra.workshop.attendees import Attendee, AttendeeError, read_attendees


def test_a_name_is_made_of_the_user_or_chosen() -> None:
    found = read_attendees(["Ada.Lovelace@example.com", "hopper=grace@example.com"])
    assert found == [
        Attendee("ada-lovelace", "Ada.Lovelace@example.com"),
        Attendee("hopper", "grace@example.com"),
    ]
    assert found[1].group == "rg-keyless-hopper"


def test_a_long_name_is_cut_where_a_name_may_end(tmp_path: Path) -> None:
    (found,) = read_attendees(["maximiliane-m.mustermann@example.com"])
    assert found.name == "maximiliane"  # the twelfth letter would be a hyphen


def test_a_file_has_one_on_each_line_and_comments(tmp_path: Path) -> None:
    file = tmp_path / "attendees.txt"
    file.write_text("# Tuesday\nada@example.com\n\n  hopper=grace@example.com  # late\n")
    found = read_attendees(["kj=katherine@example.com"], file)
    assert [each.name for each in found] == ["kj", "ada", "hopper"]


@pytest.mark.parametrize(
    "word",
    [
        "x@example.com",
        "=ada@example.com",
        "Ada=ada@example.com",
        "much-too-long-a-name=ada@example.com",
        "a--b=ada@example.com",
        "-ab=ada@example.com",
        "ada=",
        "@example.com",
        "",
    ],
)
def test_an_invalid_attendee_is_refused_with_the_valid_form(word: str) -> None:
    with pytest.raises(AttendeeError, match=r"is not an attendee\. Write USER or NAME=USER"):
        read_attendees([word])


def test_two_of_one_name_are_both_named() -> None:
    with pytest.raises(AttendeeError) as raised:
        read_attendees(["ada@example.com", "ada@example.org"])
    assert str(raised.value) == (
        "ada@example.com and ada@example.org are both called 'ada': write NAME=USER."
    )


def test_no_attendee_is_no_workshop(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("# nobody\n")
    with pytest.raises(AttendeeError, match="at least one attendee"):
        read_attendees([], tmp_path / "empty.txt")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(AttendeeError, match=r"missing\.txt cannot be read"):
        read_attendees([], tmp_path / "missing.txt")
    (tmp_path / "picture.txt").write_bytes(b"\x89PNG\xff")
    with pytest.raises(AttendeeError, match=r"picture\.txt cannot be read"):
        read_attendees([], tmp_path / "picture.txt")
