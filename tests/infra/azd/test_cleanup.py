"""After the group has gone: resources that outlive it are removed, or named with their command."""

from typing import Any

import pytest

from infra.azd import cleanup
from infra.azd.cleanup import clean_up
from infra.remains import vaults_of
from tests.infra.azd.conftest import StandIns
from tests.infra.azd.recorded import SCOPE, SUBSCRIPTION

OURS = "Keyless Blob Keeper (dev-abcdefgh)"


def role(name: str) -> Any:
    return {"roleName": name, "name": "6e0b3b0e-37a7-4d5b-9f6f-0d9a4c1c7d11"}


def vault(name: str, scope: str) -> Any:
    properties = {"vaultId": f"{scope}/providers/Microsoft.KeyVault/vaults/{name}"}
    return {"name": name, "properties": properties}


@pytest.fixture
def azure(stand_ins: StandIns) -> StandIns:
    stand_ins.say(
        "az role definition list", [role(OURS), role("Keyless Blob Keeper (prod-abcdefgh)")]
    )
    stand_ins.say("az role definition delete", "")
    stand_ins.say("az group exists", False)
    stand_ins.say("az keyvault list-deleted", [])
    stand_ins.say("azd env set", "")
    return stand_ins


def test_the_roles_of_this_environment_are_removed_and_no_others(azure: StandIns) -> None:
    clean_up()
    assert [each[4:6] for each in azure.asked("az role definition delete")] == [["--name", OURS]]


def test_where_the_group_is_still_there_nothing_is_removed(
    azure: StandIns, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # azd asks before it deletes, and runs the step after a no, too.
    monkeypatch.setenv("CATALOG_AUDIENCE", "ca7a1060-0000-4000-8000-000000000003")
    removed: list[str] = []
    monkeypatch.setattr(cleanup, "remove_registration", lambda _: removed.append("registration"))
    azure.say("az group exists", True, "rg-keyless-dev")
    clean_up()
    assert removed == []
    assert {tuple(each[:3]) for each in azure.asked("az")} == {("az", "group", "exists")}
    assert azure.asked("azd") == []
    assert "still exists, so nothing else is removed" in capsys.readouterr().out
    azure.say("az group exists", False, "rg-keyless-dev")
    clean_up()
    assert removed == ["registration"]
    assert azure.asked("az role definition delete") != []


def test_roles_that_were_made_for_others_too_stay(
    azure: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTOM_ROLE_DEPOSITOR", "d0000000-0000-4000-8000-000000000001")
    clean_up()
    assert azure.asked("az role definition") == []


@pytest.mark.parametrize(
    "name",
    [
        "Keyless Blob Keeper (dev)",
        "Keyless Blob Keeper (dev-two-abcdefgh)",
        "Keyless Blob Keeper (dev-abcdefgh) of somebody",
        "Keyless Blob Keeper (workshop-5ab5c21b-0000)",
        "Blob Keeper (dev-abcdefgh)",
    ],
)
def test_a_role_of_a_similar_name_is_not_ours(azure: StandIns, name: str) -> None:
    azure.say("az role definition list", [role(name), role(OURS)])
    clean_up()
    assert [each[5] for each in azure.asked("az role definition delete")] == [OURS]


def test_a_vault_that_can_come_back_is_named_with_the_command_that_ends_it(
    azure: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.say("az keyvault list-deleted", [vault("kv-dev-abcdefgh", SCOPE)])
    clean_up()
    assert "az keyvault purge --name kv-dev-abcdefgh" in capsys.readouterr().out


def test_a_vault_of_another_group_is_not_spoken_of() -> None:
    other = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-keyless-dev2"
    listed = [vault("a", SCOPE.upper()), vault("b", other)]
    assert vaults_of(listed, "rg-keyless-dev") == ["a"]


def test_a_role_whose_assignments_linger_is_tried_again(
    azure: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "(RoleDefinitionHasAssignments) There are existing role assignments referencing role"
    azure.refuse("az role definition delete", text)
    pauses = list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            azure.say("az role definition delete", "")

    clean_up(pause=pause)
    assert len(pauses) == 3
    assert f"deleted the custom role '{OURS}'" in capsys.readouterr().out


def test_a_role_that_stays_is_named_with_the_command_and_the_next_one_goes(
    azure: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "Keyless Secret Key Setter (dev-abcdefgh)"
    azure.say("az role definition list", [role(OURS), role(other)])
    azure.refuse("az role definition delete", "(RoleDefinitionHasAssignments)", OURS)
    pauses = list[float]()
    clean_up(pause=pauses.append)
    printed = capsys.readouterr().out
    assert sum(pauses) == 110  # seconds: less than two minutes
    assert f"later: az role definition delete --name '{OURS}'" in printed
    assert f"deleted the custom role '{other}'" in printed
    azure.refuse("az role definition delete", "(AuthorizationFailed)", OURS)
    pauses.clear()
    clean_up(pause=pauses.append)
    assert pauses == []  # time does not mend this


def test_images_that_have_gone_with_the_registry_are_forgotten(
    azure: StandIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_GATEWAY_IMAGE_NAME", "cr/gateway:7")
    monkeypatch.setenv("SERVICE_GATEWAY_RESOURCE_EXISTS", "true")
    clean_up()
    assert azure.asked("azd") == [["azd", "env", "set", "SERVICE_GATEWAY_IMAGE_NAME", ""]]


def test_what_may_not_be_asked_stops_nothing(
    azure: StandIns, capsys: pytest.CaptureFixture[str]
) -> None:
    azure.refuse("az role definition list", "AuthorizationFailed")
    azure.refuse("az keyvault list-deleted", "AuthorizationFailed")
    clean_up()
    printed = capsys.readouterr().out
    assert "the custom roles could not be listed" in printed
    assert "the deleted vaults could not be listed" in printed
