"""Settings of the four services: each sentence names the variable that is missing or malformed."""

from typing import Any

import pytest

from services.catalog.settings import Settings as Catalog
from services.common.settings import SettingError
from services.gateway.settings import Settings as Gateway
from services.notifier.settings import Settings as Notifier
from services.thumbnailer.settings import Settings as Thumbnailer

WHOLE = {
    "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
    "AZURE_CLIENT_ID": "2a9c9b7e-1111-4222-8333-444455556666",
    "AZURE_STORAGE_BLOB_ENDPOINT": "https://stkeyless.blob.core.windows.net/",
    "AZURE_KEY_VAULT_ENDPOINT": "https://kv-keyless.vault.azure.net/",
    "STORAGE_ORIGINALS_CONTAINER": "originals",
    "STORAGE_THUMBNAILS_CONTAINER": "thumbnails",
    "STORAGE_CATALOG_CONTAINER": "catalog",
    "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": "sb-keyless.servicebus.windows.net",
    "SERVICEBUS_QUEUE_NAME": "photo-uploads",
    "SERVICEBUS_TOPIC_NAME": "photo-events",
    "SERVICEBUS_SUBSCRIPTION_NAME": "catalog",
    "CATALOG_ENDPOINT": "https://catalog.internal.example.azurecontainerapps.io",
    "CATALOG_AUDIENCE": "ca7a1060-0000-4000-8000-000000000003",
    "AZURE_TENANT_ID": "7e4a4700-0000-4000-8000-000000000000",
    "WEBHOOK_SECRET_NAME": "webhook-signing-key",
    "PARTNER_WEBHOOK_URL": "https://partner.example.com/webhooks",
}
NEEDED = {
    Gateway: "AZURE_TOKEN_CREDENTIALS AZURE_CLIENT_ID AZURE_STORAGE_BLOB_ENDPOINT"
    " STORAGE_ORIGINALS_CONTAINER STORAGE_THUMBNAILS_CONTAINER"
    " SERVICEBUS_FULLY_QUALIFIED_NAMESPACE SERVICEBUS_QUEUE_NAME CATALOG_ENDPOINT"
    " CATALOG_AUDIENCE",
    Thumbnailer: "AZURE_TOKEN_CREDENTIALS AZURE_CLIENT_ID AZURE_STORAGE_BLOB_ENDPOINT"
    " STORAGE_ORIGINALS_CONTAINER STORAGE_THUMBNAILS_CONTAINER"
    " SERVICEBUS_FULLY_QUALIFIED_NAMESPACE SERVICEBUS_QUEUE_NAME SERVICEBUS_TOPIC_NAME",
    Catalog: "AZURE_TOKEN_CREDENTIALS AZURE_CLIENT_ID AZURE_STORAGE_BLOB_ENDPOINT"
    " STORAGE_CATALOG_CONTAINER SERVICEBUS_FULLY_QUALIFIED_NAMESPACE SERVICEBUS_TOPIC_NAME"
    " SERVICEBUS_SUBSCRIPTION_NAME AZURE_TENANT_ID CATALOG_AUDIENCE",
    Notifier: "AZURE_TOKEN_CREDENTIALS AZURE_KEY_VAULT_ENDPOINT WEBHOOK_SECRET_NAME"
    " SERVICEBUS_FULLY_QUALIFIED_NAMESPACE SERVICEBUS_TOPIC_NAME SERVICEBUS_SUBSCRIPTION_NAME"
    " PARTNER_WEBHOOK_URL",
}
EACH = [(service, name) for service, names in NEEDED.items() for name in names.split()]


def of(service: Any) -> dict[str, str]:
    return {name: WHOLE[name] for name in NEEDED[service].split()}


@pytest.mark.parametrize("service", NEEDED)
def test_what_the_deployment_gives_a_service_is_enough(service: Any) -> None:
    service(of(service))


@pytest.mark.parametrize(("service", "name"), EACH)
def test_a_missing_setting_is_named_in_one_sentence(service: Any, name: str) -> None:
    env = of(service)
    del env[name]
    with pytest.raises(SettingError, match=rf"^{name} is missing: [^\n]*\.$"):
        service(env)


@pytest.mark.parametrize(("service", "name"), EACH)
def test_a_malformed_setting_is_named_in_one_sentence(service: Any, name: str) -> None:
    with pytest.raises(SettingError, match=rf"^{name} is malformed: [^\n]*\.$"):
        service(of(service) | {name: "no such thing!"})


@pytest.mark.parametrize("chosen", ["dev", "AzureCliCredential", "environmentcredential"])
@pytest.mark.parametrize("service", [Gateway, Thumbnailer, Catalog])
def test_a_credential_that_is_no_managed_identitys_needs_no_client_id(
    service: Any, chosen: str
) -> None:
    env = of(service) | {"AZURE_TOKEN_CREDENTIALS": chosen}
    del env["AZURE_CLIENT_ID"]
    assert service(env).client_id is None


@pytest.mark.parametrize("chosen", ["prod", "managedidentitycredential"])
def test_a_managed_identity_needs_its_client_id(chosen: str) -> None:
    env = of(Gateway) | {"AZURE_TOKEN_CREDENTIALS": chosen}
    assert Gateway(env).client_id == WHOLE["AZURE_CLIENT_ID"]
    del env["AZURE_CLIENT_ID"]
    with pytest.raises(SettingError, match=r"^AZURE_CLIENT_ID is missing"):
        Gateway(env)


@pytest.mark.parametrize("value", ["http://127.0.0.1:8003", "http://localhost", "http://catalog/"])
def test_plain_http_is_taken_where_it_stays_inside(value: str) -> None:
    assert Gateway(of(Gateway) | {"CATALOG_ENDPOINT": value}).catalog == value.rstrip("/")


def test_plain_http_is_not_taken_elsewhere() -> None:
    with pytest.raises(SettingError, match="CATALOG_ENDPOINT"):
        Gateway(of(Gateway) | {"CATALOG_ENDPOINT": "http://catalog.example.com"})


@pytest.mark.parametrize("service", [Gateway, Catalog])
def test_that_the_catalog_asks_for_no_token_has_to_be_said(service: Any) -> None:
    """A variable that was forgotten must not open the catalog."""
    assert service(of(service)).audience == WHOLE["CATALOG_AUDIENCE"]
    assert service(of(service) | {"CATALOG_AUDIENCE": "none"}).audience is None
    for value in ("", "None", "off", "api://ca7a1060-0000-4000-8000-000000000003"):
        with pytest.raises(SettingError, match="CATALOG_AUDIENCE"):
            service(of(service) | {"CATALOG_AUDIENCE": value})


def test_hosts_are_names_with_commas_between_or_none() -> None:
    env = of(Gateway)
    assert Gateway(env).hosts == ()
    named = env | {"TRUSTED_HOSTS": "gateway.example.com, Gallery.example.com"}
    assert Gateway(named).hosts == ("gateway.example.com", "gallery.example.com")
    for wrong in ("*", "https://gateway.example.com", "gateway", "a.example.com;b.example.com"):
        with pytest.raises(SettingError, match=r"^TRUSTED_HOSTS is malformed"):
            Gateway(env | {"TRUSTED_HOSTS": wrong})
