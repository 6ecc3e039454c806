"""What nobody has seen Azure do: the sandbox does it as it is told; Azure is asked which is so.

A probe has to tell the answers apart: the sandbox gives each of them, and the probe names it.
"""

from collections.abc import Iterator
from itertools import zip_longest

import pytest

from sandbox.assumptions import LIKELY, QUESTIONS, Assumptions, assume
from tests.access.actor import Actor
from tests.access.probes import inside, keyvault, servicebus, storage
from tests.access.stage import Stage, staged
from tests.access.table import DEVELOPER

PROBES = storage.PROBES | keyvault.PROBES | servicebus.PROBES
# Who may add nothing cannot be asked what refuses an overwrite.
ALONE = "blob-add"
# Both leave Azure's rule beside ours, none of which is called $Default.
SEEN_AS = {("bus-default-rule", "replaced"): "stays"}
CASES = [(each.name, answer) for each in QUESTIONS for answer in each.answers]


def _stages() -> tuple[tuple[str, ...], ...]:
    """As few sandboxes as give every answer: the likely ones, the second ones, and so on."""
    others = [
        [f"{each.name}={answer}" for answer in each.answers[1:]]
        for each in QUESTIONS
        if each.name != ALONE
    ]
    together = zip_longest(*others)
    return ((), (f"{ALONE}=needs-write",), *(tuple(filter(None, each)) for each in together))


STAGES = _stages()


@pytest.fixture(scope="module")
def assumed(request: pytest.FixtureRequest) -> Assumptions:
    return assume(request.param)


@pytest.fixture(scope="module")
def told(assumed: Assumptions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("told"), assumed) as stage:
        yield stage


def test_every_question_has_a_probe() -> None:
    assert {each.name for each in QUESTIONS} == set(PROBES) | set(inside.PROBES)


CASES_BY_STAGE = [
    pytest.param(stage, name, answer, id=f"{name}={answer}")
    for stage in STAGES
    for name, answer in CASES
    if (LIKELY.answer(name) == answer and not stage) or f"{name}={answer}" in stage
]


@pytest.mark.parametrize(("assumed", "name", "answer"), CASES_BY_STAGE, indirect=["assumed"])
def test_the_sandbox_answers_as_it_is_told(told: Stage, name: str, answer: str) -> None:
    if name in inside.PROBES:
        assert inside.PROBES[name](told) == answer
    else:
        assert PROBES[name](told.actor(DEVELOPER)) == SEEN_AS.get((name, answer), answer)


def test_every_answer_is_given_once() -> None:
    assert len(CASES_BY_STAGE) == len(CASES)


@pytest.mark.azure_verified
@pytest.mark.parametrize("name", PROBES)
def test_azure_answers_as_is_assumed(azure: Actor, name: str) -> None:
    if azure.name != DEVELOPER:
        pytest.skip(f"you are signed in as the {azure.name}")
    found = PROBES[name](azure)
    assert found == LIKELY.answer(name), (
        f"Azure does otherwise: ./keyless up --assume {name}={found}"
    )
