"""The table of figures in a page."""

from dataclasses import replace

import pytest

from bench import BenchError, Figure, Machine, Samples
from bench.figures import at_most, ratio_at_least
from bench.page import BEGIN, END, with_figures

MACHINE = Machine("a processor", 2, 23.4, "Linux 6", "3.12.1", 0.5)
EMPTY = f"# A page\n{BEGIN}{END}Next\n"
GET = Figure(
    "blob get", "/s", Samples.of([70, 80, 90]), Samples.of([100]), (ratio_at_least(0.8),),
    bound=Samples.of([95]),
)  # fmt: skip
START = Figure("start", "s", Samples.of([2.5]), goals=(at_most(1),))


def rows(page: str) -> list[str]:
    return [each for each in page.splitlines() if each.startswith("| ")][1:]


def test_a_row_has_each_number_and_says_whether_its_goal_is_missed() -> None:
    page = with_figures(EMPTY, MACHINE, [GET, START])
    assert rows(page) == [
        "| blob get | 80.0 /s | 70.0 - 90.0 | 100 /s | 0.80 | 95.0 /s | 0.95 | ratio ≥ 0.8 |",
        "| start | 2.50 s |  |  |  |  |  | **missed**: ≤ 1 s |",
    ]
    assert page.startswith(f"# A page\n{BEGIN}")
    assert page.endswith(f"{END}Next\n")
    assert "a processor, 2 cores" in page


def test_a_run_of_some_measures_leaves_the_other_rows_in_their_places() -> None:
    page = with_figures(EMPTY, MACHINE, [GET, START])
    quicker = replace(GET, ours=Samples.of([90]))
    later = with_figures(page, MACHINE, [quicker, Figure("start", "", None, failure="away")])
    assert rows(later) == [rows(page)[0].replace("80.0 /s | 70.0 - 90.0 | 100 /s | 0.80",
        "90.0 /s |  | 100 /s | 0.90"), rows(page)[1]]  # fmt: skip
    assert with_figures(later, MACHINE, []) == later


@pytest.mark.parametrize("page", ["", BEGIN, END, END + BEGIN])
def test_a_page_without_the_marks_is_an_error_that_names_them(page: str) -> None:
    with pytest.raises(BenchError, match="lacks the lines <!-- written by"):
        with_figures(page, MACHINE, [GET])
