"""azure-identity's own credential against the endpoint: the token, or the error."""

import json

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ManagedIdentityCredential

from sandbox.audit import Outcome
from tests.sandbox.identity.harness import RunningEndpoint

SCOPE = "https://vault.azure.net/.default"


@pytest.fixture
def as_app(endpoint: RunningEndpoint, monkeypatch: pytest.MonkeyPatch) -> "AsApp":
    return AsApp(endpoint, monkeypatch)


class AsApp:
    """Sets the environment that Container Apps gives an app."""

    def __init__(self, endpoint: RunningEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
        self._endpoint = endpoint
        self._monkeypatch = monkeypatch

    def __call__(self, app: str, client_id: str | None = None) -> ManagedIdentityCredential:
        self._monkeypatch.setenv("IDENTITY_ENDPOINT", self._endpoint.url)
        self._monkeypatch.setenv("IDENTITY_HEADER", f"secret of {app}")
        self._monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        return ManagedIdentityCredential(client_id=client_id, retry_total=0)


def test_a_user_assigned_identity_gets_a_token_for_a_day(
    endpoint: RunningEndpoint, as_app: AsApp
) -> None:
    client_id = endpoint.deployment.principal("gateway").client_id
    with as_app("gateway", client_id=client_id) as credential:
        first, second = credential.get_token(SCOPE), credential.get_token(SCOPE)
    assert first.token == second.token
    [record] = endpoint.audit()
    assert (record.outcome, record.identity) == (Outcome.ISSUED, "gateway")


def test_a_system_assigned_identity_names_no_id(endpoint: RunningEndpoint, as_app: AsApp) -> None:
    with as_app("notifier") as credential:
        assert credential.get_token(SCOPE).token
    assert endpoint.audit()[-1].identity == "notifier"


def test_the_scopes_of_all_planes_are_issued_for(endpoint: RunningEndpoint, as_app: AsApp) -> None:
    scopes = ["https://storage.azure.com/.default", "https://servicebus.azure.net//.default"]
    with as_app("notifier") as credential:
        for each in [*scopes, SCOPE]:
            assert credential.get_token(each).token
    assert [each.resource for each in endpoint.audit()] == [
        "https://storage.azure.com",
        "https://servicebus.azure.net/",
        "https://vault.azure.net",
    ]


@pytest.mark.parametrize(
    "resource", ["https://database.windows.net", "https://eventhubs.azure.net"]
)
def test_the_sdk_says_at_once_that_a_resource_is_not_here(
    endpoint: RunningEndpoint, as_app: AsApp, resource: str
) -> None:
    with as_app("notifier") as credential:
        with pytest.raises(ClientAuthenticationError, match=f"This sandbox has no .{resource}"):
            credential.get_token(f"{resource}/.default")
        assert credential.get_token("https://graph.microsoft.com/.default").token
    assert [each.outcome for each in endpoint.audit()] == ["refused", "issued"]


def test_anothers_identity_is_an_authentication_error(
    endpoint: RunningEndpoint, as_app: AsApp
) -> None:
    client_id = endpoint.deployment.principal("platform").client_id
    with (
        as_app("gateway", client_id=client_id) as credential,
        pytest.raises(ClientAuthenticationError, match="No User Assigned or Delegated"),
    ):
        credential.get_token(SCOPE)


def test_no_id_where_one_is_needed_is_an_authentication_error(as_app: AsApp) -> None:
    with (
        as_app("gateway") as credential,
        pytest.raises(ClientAuthenticationError, match="Unable to load the proper"),
    ):
        credential.get_token(SCOPE)


def test_a_wrong_header_is_an_empty_403_to_msal(as_app: AsApp) -> None:
    """msal reads JSON before it reads the status: on Container Apps it fails in the same way."""
    with as_app("nobody") as credential, pytest.raises(json.JSONDecodeError):
        credential.get_token(SCOPE)
