"""Durations: a whole number and a unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.durations import DurationError, in_words, parse_duration


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("0s", 0), ("90s", 90), ("6m", 360), ("24h", 86_400), (" 5s ", 5), ("007m", 420)],
)
def test_a_number_and_a_unit_are_seconds(written: str, seconds: int) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "6", "m", "6 m", "6M", "-6m", "1.5h", "6min", "1h30m", "6d", "٦m", "9" * 40]
)
def test_anything_else_is_refused_with_examples(written: str) -> None:
    with pytest.raises(DurationError, match=r"is no duration: .* such as 90s, 6m or 24h"):
        parse_duration(written)


def test_the_bounds_belong_to_the_range() -> None:
    assert parse_duration("5s", least=5, most=86_400) == 5
    assert parse_duration("24h", least=5, most=86_400) == 86_400


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("4s", "4s is too short: the least is 5s"),
        ("25h", "25h is too long: the most is 24h"),
    ],
)
def test_a_duration_out_of_bounds_names_the_bound(written: str, sentence: str) -> None:
    with pytest.raises(DurationError, match=sentence):
        parse_duration(written, least=5, most=86_400)


@given(st.integers(min_value=0, max_value=10**8))
def test_seconds_survive_their_words(seconds: int) -> None:
    assert parse_duration(in_words(seconds)) == seconds
