"""`./keyless assumptions` lists each question with its answers, and marks a sandbox's own."""

import json
import re
from pathlib import Path

from sandbox.assumptions import QUESTIONS
from tests.conftest import Running, keyless

STARTED = ("up", "--detach", "--port", "0", "--endpoints", "--assume=vault-missing=existence")


def in_words(said: str) -> str:
    return re.sub(r"\s+", " ", said)


def test_each_question_is_asked_with_its_answers_and_what_follows(tmp_path: Path) -> None:
    done = keyless(tmp_path, "assumptions", COLUMNS="400")
    printed = in_words(done.stdout)
    for each in QUESTIONS:
        assumed, other, *more = each.answers
        answers = f"{assumed} assumed {other} {each.otherwise}"
        rest = "".join(f" {one} same consequence" for one in more)
        assert f"{each.name} {each.asks} {answers}{rest}" in printed
    assert "←" not in printed


def test_what_follows_stands_beside_the_answer_from_which_it_follows(tmp_path: Path) -> None:
    lines = keyless(tmp_path, "assumptions", COLUMNS="80").stdout.splitlines()
    [condition] = (each for each in lines if each.lstrip().startswith("condition"))
    assert re.fullmatch(r"  condition  Nothing: the services treat .*", condition)


def test_a_terminal_of_80_columns_holds_it(tmp_path: Path) -> None:
    lines = keyless(tmp_path, "assumptions", COLUMNS="80").stdout.splitlines()
    assert max(map(len, lines)) <= 80


def test_a_script_reads_the_questions_as_json(tmp_path: Path) -> None:
    found = json.loads(keyless(tmp_path, "assumptions", "--json").stdout)
    assert [each["name"] for each in found] == [each.name for each in QUESTIONS]
    assert all(each["assumed"] == each["answers"][0] for each in found)
    assert {each["told"] for each in found} == {None}


def test_a_word_selects_the_questions_that_have_it(tmp_path: Path) -> None:
    named = json.loads(keyless(tmp_path, "assumptions", "VAULT-missing", "--json").stdout)
    assert [each["name"] for each in named] == ["vault-missing"]
    shown = keyless(tmp_path, "assumptions", "vault-missing", COLUMNS="400").stdout
    others = [each.name for each in QUESTIONS if each.name != "vault-missing"]
    assert "vault-missing" in shown
    assert [each for each in others if each in shown] == []


def test_a_word_that_no_question_has_is_refused_with_all_names(tmp_path: Path) -> None:
    done = keyless(tmp_path, "assumptions", "unheard-of")
    assert done.returncode == 64
    assert all(each.name in done.stderr for each in QUESTIONS)


def test_a_sandbox_that_was_told_nothing_has_no_mark(sandbox: Running) -> None:
    assert "←" not in sandbox.run("assumptions").stdout


def test_what_the_sandbox_that_runs_was_told_is_marked(tmp_path: Path) -> None:
    started = keyless(tmp_path, *STARTED)
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        printed = keyless(tmp_path, "assumptions").stdout
        found = json.loads(keyless(tmp_path, "assumptions", "--json").stdout)
    finally:
        keyless(tmp_path, "down")
    [marked] = re.findall(r"^  (\S+) ←", printed, re.MULTILINE)
    assert marked == "existence"
    assert "← marks the answers that the running sandbox was started with." in printed
    told = {each["name"]: each["told"] for each in found if each["told"]}
    assert told == {"vault-missing": "existence"}
