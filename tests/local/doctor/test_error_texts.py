"""A pasted error is explained with caller, action and scope; the texts are real answers."""

from collections.abc import Callable
from contextlib import closing

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.servicebus.exceptions import ServiceBusError
from flask import Flask

from local.doctor.chain import STORAGE
from local.doctor.error_texts import Explanation, explain
from local.doctor.examine import acting, open_credential
from services.common.bearer import Bearer, Refused
from services.common.bus import await_credit
from tests.local.doctor.ward import Ward


def vault_get(ward: Ward) -> str:
    return _said(lambda: ward.harness.actor("gateway").vault.get_secret("webhook-signing-key"))


def vault_list(ward: Ward) -> str:
    return _said(lambda: list(ward.harness.actor("notifier").vault.list_properties_of_secrets()))


def vault_raw(ward: Ward) -> str:
    """The JSON as it stands on the wire, with its ends of line in letters."""
    token = ward.harness.actor("gateway").credential.get_token("https://vault.azure.net/.default")
    url = f"https://{ward.deployment.vault.host}/secrets/webhook-signing-key?api-version=7.5"
    return _get(url, token.token).text


def vault_no_token(ward: Ward) -> str:
    return _get(f"https://{ward.deployment.vault.host}/secrets/any?api-version=7.5").text


def vault_audience(ward: Ward) -> str:
    token = ward.harness.actor("gateway").credential.get_token(STORAGE).token
    return _get(f"https://{ward.deployment.vault.host}/secrets/any?api-version=7.5", token).text


def blob_sdk(ward: Ward) -> str:
    container = ward.harness.actor("gateway").account.get_container_client("originals")
    return _said(lambda: container.download_blob("any"))


def blob_xml(ward: Ward) -> str:
    token = ward.harness.actor("gateway").credential.get_token(STORAGE).token
    return _get(f"https://{ward.deployment.storage.host}/originals/any", token).text


def blob_no_token(ward: Ward) -> str:
    return _get(f"https://{ward.deployment.storage.host}/originals/any").text


def blob_overwrite(ward: Ward) -> str:
    container = ward.harness.actor("gateway").account.get_container_client("originals")
    container.upload_blob("twice", b"first")
    return _said(lambda: container.upload_blob("twice", b"second", overwrite=True))


def bus_send(ward: Ward) -> str:
    def attach() -> None:
        with ward.harness.actor("catalog").bus() as client:
            await_credit(client.get_topic_sender("photo-events"))

    return _said(attach)


def bus_receive(ward: Ward) -> str:
    def peek() -> None:
        with ward.harness.actor("gateway").bus() as client:
            client.get_subscription_receiver("photo-events", "catalog").peek_messages()

    return _said(peek)


def identity_none(ward: Ward) -> str:
    return _token_for(ward, "")


def identity_unknown(ward: Ward) -> str:
    return _token_for(ward, "0b7ec700-0000-4000-8000-000000000001")


def identity_raw(ward: Ward) -> str:
    variables = ward.variables("gateway")
    asked = {"resource": "https://storage.azure.com", "api-version": "2019-08-01"}
    headers = {"X-IDENTITY-HEADER": variables["IDENTITY_HEADER"]}
    return requests.get(variables["IDENTITY_ENDPOINT"], asked, headers=headers, timeout=30).text


def identity_resource(ward: Ward) -> str:
    def ask() -> None:
        ward.harness.actor("gateway").credential.get_token("https://nothing.example/.default")

    return _said(ask)


def entra_application(ward: Ward) -> str:
    """A client that Entra does not know, at its own token endpoint."""
    tenant = ward.deployment.tenant_id
    body = {
        "client_id": "0b7ec700-0000-4000-8000-000000000001",
        "scope": STORAGE,
        "grant_type": "refresh_token",
        "refresh_token": "any",
    }
    url = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
    return requests.post(url, body, timeout=30).text


def resource_manager(ward: Ward) -> str:
    token = ward.harness.actor("developer").credential.get_token("https://management.azure.com/")
    url = f"https://management.azure.com{ward.deployment.vault.id}?api-version=2023-07-01"
    return _get(url, token.token).text


def catalog_no_role(ward: Ward) -> str:
    """The answer's header, as the catalog makes it for a token without the role."""
    return _challenge(ward, "thumbnailer")


def catalog_other_api(ward: Ward) -> str:
    """Azure's own services take tokens of version 1, and the catalog does not."""
    return _challenge(ward, "thumbnailer", scope=STORAGE)


# The contents of each explanation: its source, and words of each fact.
TEXTS: tuple[tuple[Callable[[Ward], str], str, dict[str, str]], ...] = (
    (
        vault_get,
        "Key Vault",
        {
            "action": "secrets/getSecret/action",
            "scope": "/secrets/webhook-signing-key",
            "roles": "Key Vault Secrets User",
            "do": "--assignee-principal-type ServicePrincipal",
        },
    ),
    (vault_list, "Key Vault", {"means": "a role on one secret is not enough"}),
    (vault_raw, "Key Vault", {"action": "getSecret/action", "roles": "Key Vault Secrets User"}),
    (vault_no_token, "Key Vault", {"means": "has no token"}),
    (vault_audience, "Key Vault", {"means": "for another service"}),
    (blob_sdk, "Blob Storage", {"silent": "neither the caller", "do": "for request"}),
    (blob_xml, "Blob Storage", {"silent": "neither the caller", "roles": "Blob Data Reader"}),
    (blob_no_token, "Blob Storage", {"means": "has no token"}),
    (blob_overwrite, "Blob Storage", {"means": "never replaces one"}),
    (
        bus_send,
        "Service Bus",
        {
            "action": "messages/send/action",
            "scope": "/photo-events",
            "roles": "Azure Service Bus Data Sender",
            "silent": "does not name the caller",
        },
    ),
    (
        bus_receive,
        "Service Bus",
        {
            "action": "messages/receive/action",
            "scope": "/topics/photo-events/subscriptions/catalog",
            "roles": "Azure Service Bus Data Receiver",
        },
    ),
    (identity_none, "managed identity endpoint", {"means": "does not guess"}),
    (identity_unknown, "managed identity endpoint", {"means": "none of the app's identities"}),
    (identity_raw, "managed identity endpoint", {"do": "Set AZURE_CLIENT_ID"}),
    (
        identity_resource,
        "managed identity endpoint",
        {"means": "Nothing in the sandbox accepts a token"},
    ),
    (entra_application, "AADSTS700016", {"client": "0b7ec700-", "means": "no application"}),
    (
        resource_manager,
        "Azure Resource Manager",
        {"action": "Microsoft.KeyVault/vaults/read", "means": "no data role allows"},
    ),
    (
        catalog_no_role,
        "an API of this project",
        {"means": "Catalog.Read", "do": "register.py holders"},
    ),
    (
        catalog_other_api,
        "an API of this project",
        {"means": "from another tenant or of another version"},
    ),
)


@pytest.mark.parametrize(
    ("answer", "source", "facts"), [pytest.param(*each, id=each[0].__name__) for each in TEXTS]
)
def test_what_the_sandbox_answers_is_read(
    ward: Ward, answer: Callable[[Ward], str], source: str, facts: dict[str, str]
) -> None:
    found = explain(answer(ward))
    assert found is not None
    assert source in found.source
    for name, words in facts.items():
        assert words in _words(found, name), name
    assert found.do


def test_key_vault_names_its_caller(ward: Ward) -> None:
    found, gateway = explain(vault_get(ward)), ward.deployment.principal("gateway")
    assert found is not None
    assert (found.principal, found.client) == (gateway.principal_id, gateway.client_id)
    assert f"--assignee-object-id {gateway.principal_id}" in found.do[0]


def test_a_user_is_granted_a_role_as_a_user(ward: Ward) -> None:
    message = _said(
        lambda: list(ward.harness.actor("developer").vault.list_properties_of_secrets())
    )
    found = explain(message)
    assert found is not None
    assert "--assignee-principal-type User" in found.do[1]


def _said(attempt: Callable[[], object]) -> str:
    with pytest.raises((HttpResponseError, ServiceBusError, ClientAuthenticationError)) as caught:
        attempt()
    return str(caught.value)


def _get(url: str, token: str = "") -> requests.Response:
    headers = {"x-ms-version": "2023-11-03"} | (
        {"Authorization": f"Bearer {token}"} if token else {}
    )
    return requests.get(url, headers=headers, timeout=30)


def _token_for(ward: Ward, client_id: str) -> str:
    variables = ward.variables("gateway") | {"AZURE_CLIENT_ID": client_id}
    if not client_id:
        del variables["AZURE_CLIENT_ID"]
    with acting(variables), closing(open_credential(variables)) as credential:
        return _said(lambda: credential.get_token(STORAGE))


def _challenge(ward: Ward, who: str, scope: str = "") -> str:
    api = ward.variables("gateway")["CATALOG_AUDIENCE"]
    token = ward.harness.actor(who).credential.get_token(scope or f"{api}/.default").token
    with pytest.raises(Refused) as caught, Flask(__name__).app_context():
        Bearer(ward.deployment.tenant_id, api).check(f"Bearer {token}", "Catalog.Read")
    return caught.value.get_response().headers["WWW-Authenticate"]


def _words(found: Explanation, name: str) -> str:
    value = getattr(found, name)
    return value if isinstance(value, str) else " ".join(value)
