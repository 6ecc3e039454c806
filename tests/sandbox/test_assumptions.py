"""The assumptions about Azure: the defaults, and other answers on request."""

import pytest

from sandbox.assumptions import LIKELY, QUESTIONS, AssumptionError, Question, assume


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: each.name)
def test_a_question_has_different_answers_and_a_consequence(question: Question) -> None:
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
def test_each_answer_can_be_given_and_changes_nothing_else(question: Question) -> None:
    for answer in question.answers[1:]:
        assert assume([f"{question.name}={answer}"]).otherwise == {question.name: answer}
    assert assume([f"{question.name}={question.answers[0]}"]) == LIKELY


@pytest.mark.parametrize("odd", ["", "=", "no-such=role", "blob_missing=existence"])
def test_an_unknown_question_is_named_with_the_known_ones(odd: str) -> None:
    with pytest.raises(AssumptionError, match=r"no assumption is called .* blob-missing"):
        assume([odd])


@pytest.mark.parametrize("odd", ["blob-missing", "blob-missing=", "blob-missing=maybe"])
def test_an_unknown_answer_is_named_with_the_known_ones(odd: str) -> None:
    with pytest.raises(AssumptionError, match="blob-missing is role or existence, not"):
        assume([odd])


def test_two_different_answers_to_a_question_are_refused() -> None:
    with pytest.raises(AssumptionError, match="given twice"):
        assume(["blob-missing=role", "blob-missing=existence"])
