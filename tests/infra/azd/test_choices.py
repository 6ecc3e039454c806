"""`azd down`, and the choices before it: the outputs are forgotten, the choices are not.

azd itself is played: it takes the outputs of the template out of its environment, as the source of
cli/azd/pkg/infra/provisioning/manager.go says.
"""

import re
from collections.abc import Callable, Mapping

import pytest

from infra.azd import cleanup, registration
from infra.azd.choices import NO_APPLICATION, group_of, keep_choices
from infra.azd.cleanup import clean_up
from infra.azd.tools import Stop
from sandbox.state import PROJECT
from tests.infra.azd.conftest import StandIns

APP_ID = "ca7a1060-0000-4000-8000-000000000003"
SOMEBODY = "de7e10be-0000-4000-8000-000000000001"
_OUTPUTS = re.findall(
    r"^output (\w+)", (PROJECT / "infra/bicep/main.bicep").read_text(), re.MULTILINE
)

Down = Callable[[Mapping[str, str]], dict[str, str]]


@pytest.fixture
def down(stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch) -> Down:
    """An `azd down` of an environment, which returns the values left in it."""
    stand_ins.say("azd env set", "")
    stand_ins.say("az group exists", False)
    stand_ins.say("az role definition list", [])
    stand_ins.say("az keyvault list-deleted", [])
    monkeypatch.setattr(cleanup, "remove_registration", lambda _: None)

    def settled(environment: dict[str, str], since: int) -> dict[str, str]:
        for *_, name, value in stand_ins.asked("azd env set")[since:]:
            environment[name] = value
        return environment

    def run(environment: Mapping[str, str]) -> dict[str, str]:
        given = {"AZURE_ENV_NAME": "dev", **environment}
        before = len(stand_ins.asked("azd env set"))
        keep_choices(given)
        given = settled(given, before)
        assert 4 <= len(given["CATALOG_AUDIENCE"]) <= 36  # or the template does not compile
        given = {name: value for name, value in given.items() if name not in _OUTPUTS}
        before = len(stand_ins.asked("azd env set"))
        clean_up(given)
        return {name: value for name, value in settled(given, before).items() if value}

    return run


def test_azd_forgets_what_the_template_needs() -> None:
    parameters = (PROJECT / "infra/bicep/main.bicepparam").read_text()
    needed = set(re.findall(r"readEnvironmentVariable\('(\w+)'\)", parameters))
    assert needed & set(_OUTPUTS) == {"CATALOG_AUDIENCE"}


def test_the_word_none_outlives_it(down: Down) -> None:
    left = down({"CATALOG_AUDIENCE": "none"})
    assert left == {"AZURE_ENV_NAME": "dev", "CATALOG_AUDIENCE": "none"}
    assert down(left) == left


def test_the_id_of_a_registration_goes_with_it(down: Down) -> None:
    assert down({"CATALOG_AUDIENCE": APP_ID}) == {"AZURE_ENV_NAME": "dev"}


def test_a_second_one_compiles_and_turns_nothing_off(down: Down) -> None:
    left = down({"CATALOG_AUDIENCE": APP_ID})
    assert down(left) == {"AZURE_ENV_NAME": "dev"}


def test_one_that_is_broken_off_does_not_turn_the_registration_off(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_ins.say("azd env set", "")
    keep_choices({"AZURE_ENV_NAME": "dev"})
    assert stand_ins.asked("azd") == [["azd", "env", "set", "CATALOG_AUDIENCE", NO_APPLICATION]]
    # The next `azd up` registers, or stops where it may not.
    refused = 'Forbidden({"error": {"code": "Authorization_RequestDenied", "message": "No."}})'
    stand_ins.refuse("az rest", refused)
    monkeypatch.setenv("CATALOG_AUDIENCE", NO_APPLICATION)
    with pytest.raises(Stop, match="could not be registered"):
        registration.register_application()


def test_the_developer_and_the_operator_stay_chosen(down: Down) -> None:
    left = down(
        {
            "CATALOG_AUDIENCE": "none",
            "DEVELOPER_PRINCIPAL_ID": SOMEBODY,
            "OPERATOR_PRINCIPAL_ID": SOMEBODY,
        }
    )
    assert left["DEVELOPER_PRINCIPAL_ID"] == left["OPERATOR_PRINCIPAL_ID"] == SOMEBODY
    left = down({"DEVELOPER_PRINCIPAL_ID": "", "OPERATOR_PRINCIPAL_ID": ""})  # as outputs: nobody
    assert left == {"AZURE_ENV_NAME": "dev", "OPERATOR_PRINCIPAL_ID": "none"}
    assert down({"AZURE_ENV_NAME": "dev"}) == {"AZURE_ENV_NAME": "dev"}  # whoever deploys


def test_an_attendee_of_a_workshop_keeps_the_group(down: Down) -> None:
    given = {"AZURE_RESOURCE_GROUP": "rg-keyless-ada", "CATALOG_AUDIENCE": "none"}
    assert "AZURE_RESOURCE_GROUP" not in down(given)
    left = down({**given, "CUSTOM_ROLE_DEPOSITOR": "d0000000-0000-4000-8000-000000000001"})
    assert left["AZURE_RESOURCE_GROUP"] == "rg-keyless-ada"


def test_after_it_an_attendees_own_group_is_asked_for(down: Down, stand_ins: StandIns) -> None:
    role = "d0000000-0000-4000-8000-000000000001"
    down(
        {
            "AZURE_RESOURCE_GROUP": "rg-of-ada",
            "CATALOG_AUDIENCE": "none",
            "CUSTOM_ROLE_DEPOSITOR": role,
        }
    )
    assert [each[4] for each in stand_ins.asked("az group exists")] == ["rg-of-ada"]
    assert group_of({"AZURE_ENV_NAME": "dev"}) == "rg-keyless-dev"


def test_where_the_group_is_still_there_all_is_as_it_was(down: Down, stand_ins: StandIns) -> None:
    stand_ins.say("az group exists", True)
    assert down({"CATALOG_AUDIENCE": APP_ID})["CATALOG_AUDIENCE"] == APP_ID


@pytest.mark.parametrize(("audience", "asks"), [("none", False), (APP_ID, True)])
def test_where_it_was_turned_off_no_registration_is_looked_for(
    stand_ins: StandIns, monkeypatch: pytest.MonkeyPatch, audience: str, asks: bool
) -> None:
    asked = list[str]()
    monkeypatch.setattr(registration, "_register", asked.append)
    registration.remove_registration({"KEPT_CATALOG_AUDIENCE": audience})  # azd forgot the other
    assert asked == (["remove"] if asks else [])
