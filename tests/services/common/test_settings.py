"""Settings: each sentence names the variable that is missing or malformed."""

from collections.abc import Callable

import pytest

from services.common import settings
from services.common.settings import Environment, SettingError

GUID = "2a9c9b7e-1111-4222-8333-444455556666"
GOOD: dict[str, tuple[Callable[[Environment, str], str | None], str]] = {
    "host": (settings.host, "sb-example.servicebus.windows.net"),
    "entity": (settings.entity, "orders"),
    "endpoint": (settings.endpoint, "https://stexample.blob.core.windows.net"),
    "audience": (settings.audience, GUID),
}


@pytest.mark.parametrize(("read", "value"), GOOD.values(), ids=GOOD)
def test_a_setting_is_returned_or_named_in_one_sentence(
    read: Callable[[Environment, str], str | None], value: str
) -> None:
    assert read({"NAME": f" {value} "}, "NAME") == value
    with pytest.raises(SettingError, match=r"^NAME is missing: [^\n]*\.$"):
        read({"OTHER": value}, "NAME")
    with pytest.raises(SettingError, match=r"^NAME is malformed: [^\n]*\.$"):
        read({"NAME": "no such thing!"}, "NAME")


@pytest.mark.parametrize(
    "value",
    [
        "http://st.blob.core.windows.net",
        "https://",
        "https://st.blob.core.windows.net/container",
        "https://user:secret@st.blob.core.windows.net",
        "https://st.blob.core.windows.net?sv=2020&sig=abc",
        "https://[broken",
        "https://host:99999",
        "ftp://st.blob.core.windows.net",
    ],
)
def test_an_endpoint_is_https_and_a_host_alone(value: str) -> None:
    with pytest.raises(SettingError, match=r"^ENDPOINT is malformed"):
        settings.endpoint({"ENDPOINT": value}, "ENDPOINT")


@pytest.mark.parametrize("value", ["http://127.0.0.1:8003", "http://localhost", "http://catalog/"])
def test_plain_http_is_taken_where_it_stays_inside(value: str) -> None:
    taken = settings.endpoint({"ENDPOINT": value}, "ENDPOINT", plain_inside=True)
    assert taken == value.rstrip("/")


def test_plain_http_is_not_taken_elsewhere() -> None:
    env = {"ENDPOINT": "http://api.example.com"}
    with pytest.raises(SettingError, match=r"^ENDPOINT is malformed"):
        settings.endpoint(env, "ENDPOINT", plain_inside=True)


@pytest.mark.parametrize("chosen", ["dev", "AzureCliCredential", "environmentcredential"])
def test_a_credential_that_is_no_managed_identitys_needs_no_client_id(chosen: str) -> None:
    assert settings.client_id({"AZURE_TOKEN_CREDENTIALS": chosen}) is None


@pytest.mark.parametrize("chosen", ["prod", "managedidentitycredential"])
def test_a_managed_identity_needs_its_client_id(chosen: str) -> None:
    env = {"AZURE_TOKEN_CREDENTIALS": chosen}
    assert settings.client_id(env | {"AZURE_CLIENT_ID": GUID}) == GUID
    with pytest.raises(SettingError, match=r"^AZURE_CLIENT_ID is missing"):
        settings.client_id(env)


def test_a_credential_of_an_unknown_name_is_malformed() -> None:
    with pytest.raises(SettingError, match=r"^AZURE_TOKEN_CREDENTIALS is malformed"):
        settings.credential({"AZURE_TOKEN_CREDENTIALS": "guesswork"})


def test_that_no_token_is_asked_for_has_to_be_said() -> None:
    """A variable that was forgotten must not open an API."""
    assert settings.audience({"AUDIENCE": "none"}, "AUDIENCE") is None
    for value in ("", "None", "off", f"api://{GUID}"):
        with pytest.raises(SettingError, match="AUDIENCE"):
            settings.audience({"AUDIENCE": value}, "AUDIENCE")


def test_hosts_are_names_with_commas_between_or_none() -> None:
    assert settings.hosts({}, "HOSTS") == ()
    named = {"HOSTS": "api.example.com, Www.example.com"}
    assert settings.hosts(named, "HOSTS") == ("api.example.com", "www.example.com")
    for wrong in ("*", "https://api.example.com", "api", "a.example.com;b.example.com"):
        with pytest.raises(SettingError, match=r"^HOSTS is malformed"):
            settings.hosts({"HOSTS": wrong}, "HOSTS")
