"""The doctor knows each fault, by the reason in the audit and by the text that a client gets."""

import pytest

from local.doctor.error_texts import explain
from sandbox.faults import FAULTS, Fault, Faults
from sandbox.faults.effects import Answer


@pytest.mark.parametrize("fault", FAULTS, ids=lambda each: each.name)
def test_the_reason_in_the_audit_is_read(fault: Fault) -> None:
    found = explain(Faults().begin(fault).reason)
    assert found is not None
    assert found.source == "./keyless fault"
    assert fault.does in found.means


@pytest.mark.parametrize(
    "answer",
    [each.effect for each in FAULTS if isinstance(each.effect, Answer) and each.plane != "partner"],
    ids=lambda each: str(each.refusal),
)
def test_the_text_of_an_answer_is_read(answer: Answer) -> None:
    text = f"({answer.refusal.code}) {answer.refusal.message}"
    found = explain(text)
    assert found is not None
    assert found.source != "./keyless fault"


def test_an_unknown_fault_is_not_explained_as_one() -> None:
    assert explain("a fault: moon-dust: nothing is visible") is None
