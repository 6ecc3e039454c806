"""A workshop is made and removed, against a stand-in of the host's subscription."""

import json
import time
from pathlib import Path

import pytest

from infra.workshop import make
from infra.workshop.__main__ import main
from infra.workshop.subscription import PROVIDERS, TAG
from tests.infra.workshop.azure import ROLES, SUBSCRIPTION, Azure

ADA, GRACE = "ada@example.com", "grace@example.com"
IDS = {ADA: "a77e4dee-0000-4000-8000-000000000001", GRACE: "a77e4dee-0000-4000-8000-000000000002"}
SUFFIX = "workshop-5ab5c21b-0000"
OURS = {"location": "westeurope", "tags": {TAG: SUFFIX}}
THEIRS = {"location": "westeurope", "tags": None}


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """An empty subscription that knows two users; nothing else is on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    return Azure.begin(tmp_path, users=IDS)


def test_without_do_it_only_prints_its_steps(
    azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("make", "remove"):
        assert main([command, ADA]) == 0
        assert "Nothing was done. Add --do to carry out these steps." in capsys.readouterr().out
    assert azure.writes == []
    assert main(["make", ADA]) == 0
    printed = capsys.readouterr().out
    tags = f"--tags {TAG}={SUFFIX}"
    assert f"az group create --name rg-keyless-ada --location westeurope {tags}" in printed
    assert f"principalId={IDS[ADA]}" in printed


def test_each_attendee_gets_a_group_and_the_rights_on_it(azure: Azure) -> None:
    assert main(["make", ADA, f"hopper={GRACE}", "--do"]) == 0
    assert azure["groups"] == {"rg-keyless-ada": OURS, "rg-keyless-hopper": OURS}
    assert azure["roles"] == [f"Keyless {each} ({SUFFIX})" for each in ROLES]
    assert azure["providers"] == list(PROVIDERS)
    deployers = azure["deployers"]
    assert {group: each["principalId"] for group, each in deployers.items()} == {
        "rg-keyless-ada": IDS[ADA],
        "rg-keyless-hopper": IDS[GRACE],
    }
    custom = {
        "depositor": "id-of-CUSTOM_ROLE_DEPOSITOR",
        "keeper": "id-of-CUSTOM_ROLE_KEEPER",
        "keySetter": "id-of-CUSTOM_ROLE_KEY_SETTER",
    }
    assert json.loads(deployers["rg-keyless-ada"]["custom"]) == custom


def test_made_again_it_stays_as_it_is(azure: Azure) -> None:
    assert main(["make", ADA, "--do"]) == 0
    before = {each: azure[each] for each in ("groups", "roles", "providers", "deployers")}
    azure["asked"] = []
    assert main(["make", ADA, "--do", "--location", "northeurope"]) == 0  # it has a place already
    assert {each: azure[each] for each in before} == before
    assert azure.writes == ["deployment sub create", "deployment group create"]
    assert main(["make", ADA, GRACE, "--do"]) == 0
    assert set(azure["groups"]) == {"rg-keyless-ada", "rg-keyless-grace"}


def test_each_attendee_gets_the_azd_commands(
    azure: Azure, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "told"
    asked = ["--addresses", "any", "--partner", "https://partner.example.com/webhooks"]
    assert main(["make", ADA, "--do", "--write", str(folder), *asked]) == 0
    assert (folder / "ada.txt").read_text().splitlines() == [
        "azd env new ada",
        f"azd env set AZURE_SUBSCRIPTION_ID {SUBSCRIPTION}",
        "azd env set AZURE_LOCATION westeurope",
        "azd env set AZURE_RESOURCE_GROUP rg-keyless-ada",
        "azd env set CUSTOM_ROLE_DEPOSITOR id-of-CUSTOM_ROLE_DEPOSITOR",
        "azd env set CUSTOM_ROLE_KEEPER id-of-CUSTOM_ROLE_KEEPER",
        "azd env set CUSTOM_ROLE_KEY_SETTER id-of-CUSTOM_ROLE_KEY_SETTER",
        "azd env set CATALOG_AUDIENCE none",
        "azd env set GATEWAY_ADDRESSES any",
        "azd env set PARTNER_WEBHOOK_URL https://partner.example.com/webhooks",
    ]
    capsys.readouterr()
    assert main(["make", ADA, "--do"]) == 0
    printed = capsys.readouterr().out
    assert f"For {ADA}:\n  azd env new ada\n" in printed
    assert "GATEWAY_ADDRESSES" not in printed  # each answers for themselves: azd asks


def test_regions_are_taken_in_turn_and_one_that_is_too_small_is_named(
    azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    azure["room"] = 1
    assert main(["make", ADA, GRACE]) == 0
    warning = "westeurope allows 1 more Container Apps environments, but 2 are needed"
    assert warning in capsys.readouterr().out
    assert main(["make", ADA, GRACE, "--do", "--location", "westeurope", "northeurope"]) == 0
    assert "are needed" not in capsys.readouterr().out
    places = {name: group["location"] for name, group in azure["groups"].items()}
    assert places == {"rg-keyless-ada": "westeurope", "rg-keyless-grace": "northeurope"}
    assert main(["make", ADA, GRACE]) == 0  # both are there: nothing more is needed
    assert "are needed" not in capsys.readouterr().out


def test_an_unknown_user_is_named_and_the_others_get_theirs(
    azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["make", "nobody@example.com", ADA, "--do"]) == 1
    assert set(azure["deployers"]) == {"rg-keyless-ada"}
    said, error = capsys.readouterr()
    assert f"For {ADA}:" in said
    assert "For nobody@example.com" not in said
    assert "failed: let nobody@example.com deploy into rg-keyless-nobody" in error
    assert "does not exist" in error


def test_if_the_roles_cannot_be_created_no_right_is_granted_without_them(
    azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    azure["refused"] = {"deployment sub create": ""}
    assert main(["make", ADA, "--do"]) == 1
    assert azure["deployers"] == {}
    assert "the custom roles do not exist" in capsys.readouterr().err


def test_a_foreign_group_is_neither_assigned_nor_removed(
    azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    azure["groups"] = {"rg-keyless-ada": THEIRS}
    azure["vaults"] = {"rg-keyless-ada": ["kv-ada"]}
    for command in ("make", "remove"):
        assert main([command, ADA, "--do"]) == 1
        assert "not ours" in capsys.readouterr().err
    assert azure["groups"] == {"rg-keyless-ada": THEIRS}
    assert azure["deployers"] == {}


def test_at_the_end_groups_vaults_and_roles_are_gone(azure: Azure) -> None:
    assert main(["make", ADA, GRACE, "--do"]) == 0
    azure["vaults"] = {"rg-keyless-ada": ["kv-ada"], "rg-keyless-grace": ["kv-grace"]}
    azure["deleted"] = ["rg-keyless-dev/kv-of-another-deployment"]
    assert main(["remove", ADA, GRACE, "--do"]) == 0
    assert (azure["groups"], azure["roles"]) == ({}, [])
    assert azure["deleted"] == ["rg-keyless-dev/kv-of-another-deployment"]
    azure["asked"] = []
    assert main(["remove", ADA, GRACE, "--do"]) == 0  # a second time there is nothing to do
    assert azure.writes == []


def test_before_it_is_done_all_that_would_go_is_named(
    azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["make", ADA, "--do"]) == 0
    azure["vaults"] = {"rg-keyless-ada": ["kv-ada"]}
    capsys.readouterr()
    assert main(["remove", ADA]) == 0
    printed = capsys.readouterr().out
    assert "az group delete --name rg-keyless-ada --yes --no-wait" in printed
    assert "az keyvault purge --name kv-ada" in printed
    assert f"delete the custom role 'Keyless Blob Keeper ({SUFFIX})'" in printed
    assert "rg-keyless-ada" in azure["groups"]


def test_a_vault_that_an_attendee_left_behind_is_purged(azure: Azure) -> None:
    # An attendee's own `azd down` deletes the group, and may not purge.
    azure["deleted"] = ["rg-keyless-ada/kv-ada"]
    assert main(["remove", ADA, "--do"]) == 0
    assert azure["deleted"] == []


def test_while_another_attendee_has_a_group_the_roles_stay(
    azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["make", ADA, GRACE, "--do"]) == 0
    for do in ([], ["--do"]):
        capsys.readouterr()
        assert main(["remove", ADA, *do]) == 0
        assert "the custom roles stay, for rg-keyless-grace" in capsys.readouterr().out
        assert len(azure["roles"]) == 3


def test_roles_whose_assignments_linger_go_in_the_end(azure: Azure) -> None:
    assert main(["make", ADA, "--do"]) == 0
    azure["lingers"] = 4
    assert main(["remove", ADA, "--do"]) == 0
    assert azure["roles"] == []


def test_a_group_that_cannot_be_deleted_keeps_its_vault_and_the_roles(
    azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["make", ADA, GRACE, "--do"]) == 0
    azure["vaults"] = {"rg-keyless-ada": ["kv-ada"], "rg-keyless-grace": ["kv-grace"]}
    azure["refused"] = {"group delete": "rg-keyless-ada"}
    assert main(["remove", ADA, GRACE, "--do"]) == 1
    assert set(azure["groups"]) == {"rg-keyless-ada"}
    assert azure["deleted"] == []  # that of the other is purged
    assert len(azure["roles"]) == 3
    assert "failed: delete rg-keyless-ada" in capsys.readouterr().err


def test_two_hosts_of_one_tenant_have_roles_of_two_names(azure: Azure) -> None:
    assert main(["make", ADA, "--do", "--suffix", "tuesday"]) == 0
    assert azure["roles"][0] == "Keyless Blob Depositor (tuesday)"
    assert azure["groups"]["rg-keyless-ada"]["tags"] == {TAG: "tuesday"}
    assert main(["remove", ADA, "--do"]) == 1  # of another workshop


def test_what_cannot_be_read_stops_it_in_a_sentence(
    azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    azure["refused"] = {"group list": ""}
    assert main(["make", ADA, "--do"]) == 1
    assert "workshop: az group list" in capsys.readouterr().err
    assert azure.writes == []


def test_the_roles_are_what_the_bicep_gives_out_and_asks_for() -> None:
    folder = Path(make.__file__).parents[1] / "bicep"
    given, asked = (folder / "roles.bicep").read_text(), (folder / "deployer.bicep").read_text()
    for role, output in make._ROLES.items():
        assert f"output {output} string = customRoles.outputs.names.{role}\n" in given
    for name in ("principalId", "principalType", "custom"):
        assert f"\nparam {name} " in asked
