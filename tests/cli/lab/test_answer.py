"""The judgement on an answer in answers.toml."""

from typing import Any

import pytest

from cli.lab.answer import judge_answer

WHY = "the requests say otherwise"


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ({"photos": "wait"}, ""),
        ({"photos": "token"}, f"'token' is not it: {WHY}"),
        ({"photos": ""}, "no answer yet"),
        ({}, "no answer yet"),
        ({"photos": "Wait"}, "'Wait' is none of wait, token"),
        ({"photos": ["wait"]}, "['wait'] is none of wait, token"),
    ],
)
def test_an_answer_has_a_fault_unless_it_is_right(answers: dict[str, Any], fault: str) -> None:
    found = judge_answer(answers, "photos", "wait", ("wait", "token"), WHY)
    assert (found.who, found.does, found.fault) == ("answers.toml", "photos", fault)
