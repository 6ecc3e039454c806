"""The notifier's wait for the vault before it goes on with its cached key."""

import socket
from contextlib import closing
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError

from services.notifier import app
from services.notifier.settings import Settings

SETTINGS = {
    "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
    "WEBHOOK_SECRET_NAME": "webhook-signing-key",
    "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE": "sb.servicebus.windows.net",
    "SERVICEBUS_TOPIC_NAME": "events",
    "SERVICEBUS_SUBSCRIPTION_NAME": "notifier",
    "PARTNER_WEBHOOK_URL": "https://partner.example.com/",
}


class Anybody:
    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("token", 2**32)


def test_a_vault_that_accepts_the_connection_and_is_silent_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the SDK's own patience it would take twenty minutes."""
    assert app.VAULT_OPTIONS["read_timeout"] <= 10
    shorter = {"connection_timeout": 0.2, "read_timeout": 0.2, "retry_total": 1}
    assert shorter.keys() == app.VAULT_OPTIONS.keys()
    monkeypatch.setattr(app, "VAULT_OPTIONS", shorter)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"https://127.0.0.1:{silent.getsockname()[1]}"
        settings = Settings({**SETTINGS, "AZURE_KEY_VAULT_ENDPOINT": address})
        with pytest.raises(AzureError):
            app.open_partner(settings, Anybody()).key.get()
