import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from local.identity_endpoint.hand_over import identities
from local.identity_endpoint.identities import resources
from local.identity_endpoint.settings import SERVICES, SettingError, Settings
from sandbox.deployment import load
from sandbox.state import State

STORAGE = [{"name": "AZURE_STORAGE_BLOB_ENDPOINT", "value": "https://st.blob.core.windows.net/"}]


def environment(**changed: str) -> dict[str, str]:
    """The used part of azd's values."""
    given = {f"{service.upper()}_SETTINGS": json.dumps(STORAGE) for service in SERVICES}
    return {"AZURE_TENANT_ID": "tenant", **given, **changed}


def test_each_service_gets_its_settings_from_azd() -> None:
    settings = Settings.load(environment())
    assert settings.tenant == "tenant"
    assert settings.services["gateway"] == {STORAGE[0]["name"]: STORAGE[0]["value"]}


def test_without_a_tenant_it_is_the_developers_own() -> None:
    assert Settings.load(environment(AZURE_TENANT_ID="")).tenant == "organizations"


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_missing_is_named_with_what_to_do(service: str) -> None:
    name = f"{service.upper()}_SETTINGS"
    with pytest.raises(SettingError, match=f"{name} is missing: .*azd env get-values > .env"):
        Settings.load(environment(**{name: ""}))


def test_all_that_is_missing_is_named_at_once() -> None:
    missing = [f"{service.upper()}_SETTINGS" for service in SERVICES[1:]]
    with pytest.raises(SettingError) as raised:
        Settings.load(environment(**dict.fromkeys(missing, "")))
    assert str(raised.value) == (
        f"{', '.join(missing)} are missing: "
        "write the values of a deployed environment to .env: azd env get-values > .env."
    )


@pytest.mark.parametrize("value", ["{", "[1]", '[{"name": "A"}]', "3"])
def test_what_is_no_list_of_settings_is_named(value: str) -> None:
    with pytest.raises(SettingError, match="GATEWAY_SETTINGS is malformed"):
        Settings.load(environment(GATEWAY_SETTINGS=value))


def test_each_service_is_handed_its_own_secret_and_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    settings = replace(
        Settings.load(environment()), sign_in=tmp_path, environments=tmp_path / "environments"
    )
    first, again = identities(settings), identities(settings)
    assert first == again
    assert [each.service for each in first] == list(SERVICES)
    assert len({each.header for each in first}) == len(first)
    assert len({each.client_id for each in first}) == len(first)
    for each in first:
        text = (tmp_path / "environments" / each.service / "surroundings").read_text()
        assert [each.header in text for each in first].count(True) == 1
        assert f"IDENTITY_HEADER={each.header}" in text
    kept = [tmp_path / "identities.json", *(tmp_path / "environments").glob("*/*")]
    assert {stat.S_IMODE(each.stat().st_mode) & 0o077 for each in kept} == {0}


def test_a_service_may_have_tokens_for_the_resources_in_its_settings(tmp_path: Path) -> None:
    found = {app.name: resources(app.environment) for app in load(State.open(tmp_path)).apps}
    storage, vault = "https://storage.azure.com", "https://vault.azure.net"
    bus = "https://servicebus.azure.net"
    [audience] = found["gateway"] - {storage, bus, "https://monitor.azure.com"}
    assert {storage, bus, audience} <= found["gateway"]
    assert {storage, bus} <= found["thumbnailer"] & found["catalog"]
    assert {vault, bus} <= found["notifier"]
    assert [vault in each for each in found.values()].count(True) == 1


def test_no_audience_means_no_token_for_the_catalog() -> None:
    assert resources({"CATALOG_AUDIENCE": "none"}) == frozenset()
    assert resources({"CATALOG_AUDIENCE": "an-app"}) == {"an-app"}
