"""The judgement on an answer in answers.toml, which is one of a few words."""

from collections.abc import Mapping, Sequence
from typing import Any

from cli.lab.run import ANSWERS, Finding


def judge_answer(
    answers: Mapping[str, Any], name: str, right: str, choices: Sequence[str], why: str
) -> Finding:
    """Return the finding on the answer `name`. `why` is said of another choice."""
    answer = answers.get(name, "")
    if answer == "":
        return Finding(ANSWERS, name, "no answer yet")
    if answer not in choices:
        return Finding(ANSWERS, name, f"{answer!r} is none of {', '.join(choices)}")
    return Finding(ANSWERS, name, "" if answer == right else f"{answer!r} is not it: {why}")
