"""The table, as text and as JSON."""

import io
import json

import pytest
from rich.console import Console

from bench import Figure, Machine, Samples, as_json, heading, line, notes
from bench.figures import at_most, ratio_at_least
from bench.machine import cpu_model
from bench.table import in_words, shown

MACHINE = Machine("a processor", 2, 23.4, "Linux 6", "3.12.1", 0.5)
GET = Figure(
    "blob get",
    "/s",
    Samples.of([70, 80, 90]),
    Samples.of([100, 100, 130]),
    (ratio_at_least(0.8),),
    times=200,
    bound=Samples.of([90, 95, 99]),
)
START = Figure("warm start", "s", Samples.of([2.5]), goals=(at_most(2),))
GONE = Figure("bus", "", None, failure="nobody answers")
SET_UP = Figure("set-up", "s", None, goals=(at_most(180),), note="no record of it")


def printed(*figures: Figure) -> list[str]:
    text = io.StringIO()
    console = Console(file=text, width=170)
    for each in (heading(), *map(line, figures), notes(figures)):
        console.print(each)
    return text.getvalue().splitlines()


def test_a_line_holds_each_number_its_spread_its_ratio_and_the_goal() -> None:
    _, line = printed(GET)
    cells = [
        "blob get",
        "80.0 /s",
        "70.0 - 90.0",
        "100 /s",
        "100 - 130",
        "0.80",
        "95.0 /s",
        "0.95",
        "ratio ≥ 0.8",
        "✓",
    ]
    assert [each for each in cells if each not in line] == []
    assert line.rstrip().endswith("3 x 200")


def test_a_missed_goal_is_marked_and_one_run_has_no_spread() -> None:
    _, line, note = printed(START)
    assert line.split() == ["warm", "start", "2.50", "s", "≤", "2", "s", "✗", "1"]
    assert note.strip() == "Goals not reached: warm start."


def test_lines_that_are_printed_one_by_one_stand_below_each_other() -> None:
    top, get, start, *_ = printed(GET, START)
    assert top.index("goal") == get.index("ratio ≥") == start.index("≤ 2 s")
    assert top.index("ours") + 4 == get.index("80.0 /s") + 7 == start.index("2.50 s") + 6


def test_what_could_not_be_measured_says_so_and_why() -> None:
    _, line, note = printed(GONE)
    assert line.split() == ["bus", "failed"]
    assert note.strip() == "bus: nobody answers"


def test_what_was_left_out_says_why_below_the_table() -> None:
    _, line, note = printed(SET_UP)
    assert "left out" in line
    assert note.strip() == "set-up: no record of it"


def test_json_holds_the_machine_and_every_run() -> None:
    found = json.loads(json.dumps(as_json(MACHINE, [GET, SET_UP])))
    assert found["machine"]["cores"] == 2
    get, set_up = found["figures"]
    assert get["ours"] == {"median": 80, "least": 70, "most": 90, "values": [70, 80, 90]}
    assert get["goals"] == [{"of": "ratio", "bound": 0.8, "at_least": True}]
    assert (get["ratio"], get["reached"]) == (0.8, True)
    assert (get["bound"]["median"], get["ratio_of_bound"]) == (95, 0.95)
    assert (set_up["bound"], set_up["ratio_of_bound"]) == (None, None)
    assert (set_up["ours"], set_up["ratio"], set_up["reached"]) == (None, None, None)
    assert (get["failure"], as_json(MACHINE, [GONE])["figures"][0]["failure"]) == (
        "",
        "nobody answers",
    )


@pytest.mark.parametrize(
    ("value", "text"), [(12345.6, "12,346"), (99.94, "99.9"), (2.345, "2.35"), (0.061, "0.06")]
)
def test_numbers_have_the_digits_that_anybody_reads(value: float, text: str) -> None:
    assert shown(value) == text


def test_goals_are_said_in_words() -> None:
    assert in_words(ratio_at_least(0.7), "/s") == "ratio ≥ 0.7"
    assert in_words(at_most(180), "s") == "≤ 180 s"


def test_the_machine_has_a_name_where_linux_gives_one_and_elsewhere() -> None:
    assert cpu_model("processor\t: 0\nmodel name\t: A Chip 3000\nflags\t: x\n") == "A Chip 3000"
    assert cpu_model("")
    assert str(MACHINE).startswith("a processor, 2 cores, 23 GB, Linux 6, Python 3.12.1")
