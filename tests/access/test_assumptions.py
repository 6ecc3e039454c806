"""Behaviour of Azure that no source shows: the sandbox takes each answer, and Azure can be asked.

A probe must distinguish the answers: the sandbox gives each of them, and the probe names it.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest

import pytest

from local.questions import inside
from local.questions.inside import Surroundings
from local.questions.probes import PROBES, By, Plane
from local.questions.responses import NothingCameError, TooFewRightsError, TooManyRightsError
from sandbox.assumptions import LIKELY, QUESTIONS, Assumptions, assume
from tests.access.actor import Actor
from tests.access.harness import Harness, running_harness
from tests.access.sample import DEVELOPER, GATEWAY, OPERATOR, PLATFORM

# The identities that the sandbox allows to ask with such rights.
ASKERS = {By.DEVELOPER: DEVELOPER, By.STRANGER: OPERATOR}
# An identity that may add nothing cannot be asked how an overwrite is refused.
ALONE = "blob-add"
# Both leave Azure's rule beside ours, none of which is called $Default.
SEEN_AS = {("bus-default-rule", "replaced"): "stays"}
CASES = [(each.name, answer) for each in QUESTIONS for answer in each.answers]


def _sandboxes() -> tuple[tuple[str, ...], ...]:
    """Return as few sandboxes as give every answer: the likely ones, the second ones, and so on."""
    others = [
        [f"{each.name}={answer}" for answer in each.answers[1:]]
        for each in QUESTIONS
        if each.name != ALONE
    ]
    together = zip_longest(*others)
    return ((), (f"{ALONE}=needs-write",), *(tuple(filter(None, each)) for each in together))


SANDBOXES = _sandboxes()


@pytest.fixture(scope="module")
def assumed(request: pytest.FixtureRequest) -> Assumptions:
    return assume(request.param)


@pytest.fixture(scope="module")
def assuming(assumed: Assumptions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with running_harness(tmp_path_factory.mktemp("assuming"), assumed) as harness:
        yield harness


def test_every_question_has_a_probe() -> None:
    assert {each.name for each in QUESTIONS} == set(PROBES) | set(inside.PROBES)


CASES_BY_SANDBOX = [
    pytest.param(answers, (name, answer), id=f"{name}={answer}")
    for answers in SANDBOXES
    for name, answer in CASES
    if (LIKELY.answer(name) == answer and not answers) or f"{name}={answer}" in answers
]


# In the scope of the module: otherwise each case would start a sandbox of its own.
@pytest.mark.parametrize(
    ("assumed", "case"), CASES_BY_SANDBOX, indirect=["assumed"], scope="module"
)
def test_the_sandbox_answers_as_assumed(assuming: Harness, case: tuple[str, str]) -> None:
    name, answer = case
    if name in inside.PROBES:
        # Only the last minutes of a token tell.
        assuming.endpoints.planes.settings.change({"token-lifetime": "4m"})
        assert inside.PROBES[name](surroundings(assuming)) == answer
        return
    if name == "vault-versions":
        set_often(assuming)
    for who in PROBES[name].by:
        expected = SEEN_AS.get((name, answer), answer)
        assert PROBES[name].ask(assuming.actor(ASKERS[who])) == expected, who


def set_often(harness: Harness) -> None:
    """Set the secret until its versions, of which the ids are random, have two orders."""
    operator, ids = harness.actor(OPERATOR), list[str]()
    while len(ids) < 5 or ids == sorted(ids):
        version = operator.vault.set_secret(operator.entities.secret, "light").properties.version
        ids.append(str(version))


def test_every_answer_is_given_once() -> None:
    assert len(CASES_BY_SANDBOX) == len(CASES)


def surroundings(harness: Harness) -> Surroundings:
    """The identity endpoint as the gateway's code finds it."""
    return Surroundings(
        endpoint=harness.endpoints.environment.identity_endpoint,
        header=harness.endpoints.planes.headers[GATEWAY],
        own=harness.deployment.principal(GATEWAY).client_id,
        kept=harness.deployment.principal(PLATFORM).resource_id,
    )


@pytest.fixture(scope="module")
def likely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with running_harness(tmp_path_factory.mktemp("likely")) as harness:
        yield harness


@pytest.mark.parametrize("name", [name for name, each in PROBES.items() if each.refuses])
def test_who_may_too_much_gets_no_answer_that_would_mislead(likely: Harness, name: str) -> None:
    if PROBES[name].refuses is Plane.BUS:
        assert PROBES[name].ask(likely.admin) == "existence"  # report looks at the roles instead
        return
    with pytest.raises(TooManyRightsError):
        PROBES[name].ask(likely.admin)


@pytest.mark.parametrize("name", ["blob-overwrite", "blob-tags-condition"])
def test_who_may_too_little_gets_no_answer_either(likely: Harness, name: str) -> None:
    with pytest.raises(TooFewRightsError):
        PROBES[name].ask(likely.actor(OPERATOR))


def test_an_app_without_tokens_does_not_take_that_for_a_kept_identity(likely: Harness) -> None:
    nobody = replace(surroundings(likely), own="00000000-0000-4000-8000-000000000001")
    with pytest.raises(inside.NoAnswerError):
        inside.identity_none(nobody)


@pytest.mark.azure_verified
@pytest.mark.parametrize("name", PROBES)
def test_azure_answers_as_is_assumed(azure: Actor, name: str) -> None:
    if azure.name != DEVELOPER:
        pytest.skip(f"you are signed in as the {azure.name}")
    try:
        found = PROBES[name].ask(azure)
    except NothingCameError as error:
        pytest.skip(f"this deployment cannot show it yet: {error}")
    assert found == LIKELY.answer(name), (
        f"Azure does otherwise: ./keyless up --assume {name}={found}"
    )
