"""The choice of questions for a user, and the outcome of each answer."""

from collections.abc import Iterator

import pytest

from local.questions import inside
from local.questions.asker import Asker, Hosts
from local.questions.probes import PROBES, By, Plane, Probe
from local.questions.responses import Response, TooFewRightsError, UnexpectedError
from local.report import open_questions, safe_text
from local.report.caller import Caller, identify
from local.report.control_plane import ControlPlane
from local.report.model import Answered, Neither, NotAsked, Why
from local.report.open_questions import ask, in_order, outcome, plan
from local.sign_in import SignedIn
from sandbox.assumptions import LIKELY, QUESTIONS
from tests.access.harness import Harness, running_harness
from tests.access.sample import DEVELOPER, OPERATOR
from tests.local.report import world
from tests.local.report.azure import AzureCli

ME = SignedIn(world.PERSON_S_ADDRESS, world.PERSON, world.TENANT)
THE_DEVELOPER = {"DEVELOPER_PRINCIPAL_ID": world.PERSON.upper()}
NARROW = frozenset[Plane]()
FILTERED = f"{world.ASSIGNMENTS}?filtered"
OUTSIDE = [each.name for each in QUESTIONS if each.name not in inside.PROBES]


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with running_harness(tmp_path_factory.mktemp("answers")) as harness:
        yield harness


@pytest.mark.parametrize(("by", "name"), [(By.DEVELOPER, DEVELOPER), (By.STRANGER, OPERATOR)])
def test_each_question_that_one_may_ask_is_answered(harness: Harness, by: By, name: str) -> None:
    whose, asker = Caller(by, NARROW), harness.actor(name)
    planned = plan(whose, asker, workers=False)
    assert planned.asked
    found = {each.question: each for each in ask(planned.asked, asker, whose)}
    # The secret was set once, which shows no order of its versions.
    unseen = NotAsked("vault-versions", Why.NO_ANSWER)
    assert found.pop("vault-versions", unseen) == unseen
    asked = [each for each in planned.asked if each != "vault-versions"]
    assert found == {each: Answered(each, LIKELY.answer(each)) for each in asked}
    unasked = {each.question: each.why for each in planned.not_asked}
    assert set(unasked) == set(OUTSIDE) - set(planned.asked)
    assert set(unasked.values()) <= {Why.DEVELOPER}


def test_what_will_be_done_is_known_before(harness: Harness) -> None:
    planned = plan(Caller(By.DEVELOPER, NARROW), harness.actor(DEVELOPER), workers=False)
    assert planned.leaves == sum(each.leaves for each in PROBES.values())
    assert planned.sends == any(each.sends for each in PROBES.values())


def test_each_question_that_is_not_asked_has_its_reason(harness: Harness) -> None:
    asker, developer = harness.actor(DEVELOPER), Caller(By.DEVELOPER, NARROW)
    cases: list[tuple[Caller | None, Asker | None, bool, Why]] = [
        (developer, None, False, Why.NO_ADDRESSES),
        (None, asker, False, Why.NOT_SIGNED_IN),
        (Caller(By.STRANGER, NARROW), asker, False, Why.DEVELOPER),
        (developer, asker, True, Why.WORKERS),
        (Caller(By.DEVELOPER, frozenset(Plane)), asker, False, Why.TOO_MANY_RIGHTS),
    ]
    for whose, who_asks, workers, why in cases:
        found = plan(whose, who_asks, workers=workers).not_asked
        assert why in {each.why for each in found}


def test_a_question_without_a_probe_is_listed(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = OUTSIDE[0]
    monkeypatch.setattr(open_questions, "PROBES", {k: v for k, v in PROBES.items() if k != first})
    planned = plan(Caller(By.DEVELOPER, NARROW), harness.actor(DEVELOPER), workers=False)
    assert NotAsked(first, Why.NO_PROBE) in planned.not_asked


def test_every_question_has_its_place_in_the_report() -> None:
    assert [each.question for each in in_order({})] == [each.name for each in QUESTIONS]


def test_of_a_right_that_is_not_to_be_seen_only_a_refusal_is_an_answer(harness: Harness) -> None:
    """The admin may do everything, and Azure does not show it: a missing entity is not found."""
    unseen, admin = Caller(By.STRANGER, None), harness.admin
    assert list(ask(("bus-missing",), admin, unseen)) == [
        NotAsked("bus-missing", Why.UNSEEN_RIGHTS)
    ]
    operator = harness.actor(OPERATOR)
    assert list(ask(("bus-missing",), operator, unseen)) == [Answered("bus-missing", "role")]


def test_an_error_ends_no_question_but_its_own(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(error: Exception) -> Probe:
        def probe(_: Asker) -> str:
            raise error

        return Probe(probe)

    first, second, third, fourth, fifth = OUTSIDE[:5]
    odd = {
        first: raising(UnexpectedError(Response(409, "AccountIsDisabled"))),
        second: raising(UnexpectedError(Response(418, "JaneDoe"))),
        third: raising(TooFewRightsError()),
        fourth: raising(KeyError(world.SECRETS)),
        fifth: raising(UnexpectedError(Response(503, "ServerBusy"))),
    }
    monkeypatch.setattr(open_questions, "PROBES", {**PROBES, **odd})
    found = list(ask(tuple(odd), harness.actor(DEVELOPER), Caller(By.DEVELOPER, NARROW)))
    assert [str(each) for each in found] == [
        str(Neither(first, 409, safe_text.code("AccountIsDisabled"))),
        str(Neither(second, 418, safe_text.ANOTHER_CODE)),
        str(NotAsked(third, Why.TOO_FEW_RIGHTS)),
        str(NotAsked(fourth, Why.NO_ANSWER)),
        str(NotAsked(fifth, Why.NO_ANSWER)),
    ]


def test_without_a_reply_no_question_is_answered(harness: Harness) -> None:
    nowhere = Hosts("127.0.0.1:9", "127.0.0.1:9", "127.0.0.1:9")
    asker = Asker(harness.actor(DEVELOPER).credential, nowhere, harness.actor(DEVELOPER).entities)
    found = list(ask(("vault-missing",), asker, Caller(By.DEVELOPER, NARROW)))
    assert found == [NotAsked("vault-missing", Why.NO_ANSWER)]


def test_an_unexpected_number_is_reported() -> None:
    name = next(each.name for each in QUESTIONS if each.answers[0].isdigit())
    assert outcome(name, "418") == Neither(name, 418, safe_text.NOTHING)
    for said in ("", "-", "jane", "1234567", "٤١٨"):
        assert outcome(name, said) == NotAsked(name, Why.NO_ANSWER)


# Who asks


def test_the_developer_is_known_by_the_environment(az: AzureCli, azure: ControlPlane) -> None:
    az.tell({FILTERED: world.page()})
    assert identify(azure, ME, THE_DEVELOPER) == Caller(By.DEVELOPER, NARROW)
    assert identify(azure, ME, {}) == Caller(By.STRANGER, NARROW)


@pytest.mark.parametrize(
    ("scope", "data", "planes"),
    [
        (f"/subscriptions/{world.SUBSCRIPTION}", ["*"], frozenset(Plane)),
        ("/", ["Microsoft.Storage/*"], {Plane.BLOB}),
        (world.HERE, ["Microsoft.KeyVault/vaults/secrets/getSecret/action"], {Plane.VAULT}),
        (f"{world.NAMESPACES}/{world.NAMESPACE}", ["Microsoft.ServiceBus/*"], {Plane.BUS}),
        (world.STORAGE, ["Microsoft.Storage/x/read"], {Plane.BLOB}),
        (world.HERE, [], frozenset()),
        (
            f"{world.STORAGE}/blobServices/default/containers/originals",
            ["Microsoft.Storage/x/read"],
            frozenset(),
        ),
    ],
)
def test_a_role_that_is_on_more_than_one_entity_opens_a_plane(
    az: AzureCli, azure: ControlPlane, scope: str, data: list[str], planes: frozenset[Plane]
) -> None:
    assigned = world.assignment(world.PERSON, scope, "08:00:00", "role-1")
    definition = {"properties": {"permissions": [{"actions": ["*"], "dataActions": data}]}}
    path = assigned["properties"]["roleDefinitionId"]
    az.tell({FILTERED: world.page(assigned), path: definition})
    assert identify(azure, ME, {}).open_planes == planes
    asked = " ".join(word for each in az.asked for word in each)
    assert f"assignedTo%28%27{world.PERSON}%27%29" in asked


def test_whose_roles_are_not_shown_are_not_known(az: AzureCli, azure: ControlPlane) -> None:
    az.tell({FILTERED: "AuthorizationFailed"})
    assert identify(azure, ME, {}) == Caller(By.STRANGER, None)
