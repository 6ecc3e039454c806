"""What is assumed of Azure: likely by itself, otherwise if somebody says so."""

import pytest

from sandbox.assumptions import LIKELY, QUESTIONS, AssumptionError, Question, assume


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.name)
def test_a_question_has_answers_that_differ_and_says_what_follows(question: Question) -> None:
    assert len(set(question.answers)) == len(question.answers) >= 2
    assert "?" in question.asks
    assert question.otherwise.endswith(".")


def test_by_itself_the_first_answer_is_assumed() -> None:
    assert {each.name: LIKELY.answer(each.name) for each in QUESTIONS} == {
        each.name: each.answers[0] for each in QUESTIONS
    }
    assert assume([]) == LIKELY
    assert not LIKELY.otherwise


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.name)
def test_each_answer_can_be_said_and_turns_nothing_else(question: Question) -> None:
    for answer in question.answers[1:]:
        assert assume([f"{question.name}={answer}"]).otherwise == {question.name: answer}
    assert assume([f"{question.name}={question.answers[0]}"]) == LIKELY


@pytest.mark.parametrize("odd", ["", "=", "no-such=role", "blob_missing=existence"])
def test_what_is_no_question_is_named_with_those_that_there_are(odd: str) -> None:
    with pytest.raises(AssumptionError, match=r"nothing that is assumed .* blob-missing"):
        assume([odd])


@pytest.mark.parametrize("odd", ["blob-missing", "blob-missing=", "blob-missing=maybe"])
def test_what_is_no_answer_is_named_with_those_that_there_are(odd: str) -> None:
    with pytest.raises(AssumptionError, match="blob-missing is role or existence, not"):
        assume([odd])


def test_what_is_said_twice_with_two_answers_is_refused() -> None:
    with pytest.raises(AssumptionError, match="said twice"):
        assume(["blob-missing=role", "blob-missing=existence"])
