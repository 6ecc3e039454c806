import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError, ManagedIdentityCredential

from local.identity_endpoint.identities import API_VERSION
from tests.local.identity_endpoint.conftest import STORAGE, VAULT, Endpoint, eventually

_PROXIES = {"http": ""}


def ask(
    endpoint: Endpoint, service: str = "gateway", header: str | None = None, **query: str
) -> requests.Response:
    """Return the response to a token request for storage, changed by `query`."""
    given = {"api-version": API_VERSION, "resource": STORAGE, **query}
    secret = header if header is not None else endpoint.known[service].header
    headers = {"X-IDENTITY-HEADER": secret} if secret else {}
    return requests.get(endpoint.url, given, headers=headers, proxies=_PROXIES, timeout=60)


def credential(
    endpoint: Endpoint, service: str, monkeypatch: pytest.MonkeyPatch
) -> ManagedIdentityCredential:
    """The SDK's credential in a service's container."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", endpoint.url)
    monkeypatch.setenv("IDENTITY_HEADER", endpoint.known[service].header)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return ManagedIdentityCredential(client_id=endpoint.known[service].client_id, retry_total=0)


def test_the_sdk_gets_the_developers_token(
    signed_in: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with credential(signed_in, "gateway", monkeypatch) as found:
        assert found.get_token(f"{STORAGE}/.default").token == f"token for {STORAGE}/.default"


def test_the_answer_is_container_apps(signed_in: Endpoint) -> None:
    found = ask(signed_in).json()
    assert found.keys() == {"access_token", "expires_on", "resource", "token_type", "client_id"}
    assert int(found["expires_on"]) > 0
    assert (found["resource"], found["token_type"]) == (STORAGE, "Bearer")


@pytest.mark.parametrize("header", ["", "wrong", "secret of gateway "])
def test_a_request_without_a_known_header_gets_403_and_nothing_else(
    signed_in: Endpoint, header: str
) -> None:
    refused = ask(signed_in, header=header.replace(" ", "%20"))
    assert (refused.status_code, refused.content) == (403, b"")
    assert ask(signed_in).status_code == 200


def test_a_service_gets_tokens_for_what_it_uses_alone(signed_in: Endpoint) -> None:
    assert ask(signed_in, "notifier", resource=VAULT).status_code == 200
    refused = ask(signed_in, "gateway", resource=VAULT)
    assert refused.status_code == 400
    assert refused.json()["message"] == f"gateway does not use the resource {VAULT}."


@pytest.mark.parametrize(
    "resource",
    ["https://management.azure.com", "https://graph.microsoft.com", f"{STORAGE}.example", "", "/"],
)
def test_a_resource_that_no_service_uses_gets_no_token(signed_in: Endpoint, resource: str) -> None:
    assert ask(signed_in, resource=resource).status_code == 400
    assert ask(signed_in, resource=f"{STORAGE}/").status_code == 200


def test_another_services_identity_is_not_found(signed_in: Endpoint) -> None:
    own, other = (signed_in.known[name].client_id for name in ("gateway", "notifier"))
    refused = ask(signed_in, client_id=other)
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("No User Assigned or Delegated Managed Identity")
    assert ask(signed_in, client_id=own.upper()).status_code == 200


@pytest.mark.parametrize("name", ["principal_id", "object_id", "mi_res_id"])
def test_an_identity_goes_by_its_client_id_alone(signed_in: Endpoint, name: str) -> None:
    assert ask(signed_in, **{name: "anything"}).status_code == 400


def test_an_older_protocol_is_refused(signed_in: Endpoint) -> None:
    refused = ask(signed_in, **{"api-version": "2017-09-01"})
    assert refused.json()["message"] == "The api-version is missing or not supported."
    assert requests.post(signed_in.url, proxies=_PROXIES, timeout=60).status_code == 405


def test_a_resource_that_entra_does_not_know_is_azures_vague_500(
    signed_in: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in.developer.unknown = f"{STORAGE}/.default"
    refused = ask(signed_in)
    assert refused.status_code == 500
    assert "AADSTS" not in refused.text
    with (
        credential(signed_in, "gateway", monkeypatch) as found,
        pytest.raises((CredentialUnavailableError, ClientAuthenticationError), match="AAD Token"),
    ):
        found.get_token(f"{STORAGE}/.default")


def test_before_anybody_signs_in_there_is_no_token_and_no_health(endpoint: Endpoint) -> None:
    health = endpoint.url.replace("/msi/token", "/healthz")
    refused = ask(endpoint)
    assert refused.status_code == 500
    assert "there is no sign-in" in refused.json()["message"]
    assert requests.get(health, proxies=_PROXIES, timeout=60).status_code == 503
    endpoint.developer.here.set()
    eventually(lambda: requests.get(health, proxies=_PROXIES, timeout=60).status_code == 200)
    assert ask(endpoint).status_code == 200
