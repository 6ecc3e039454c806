"""The notifier's settings, from its environment."""

import os

from services.common import settings


class Settings:
    """Complete and well-formed settings."""

    def __init__(self, env: settings.Environment = os.environ) -> None:
        """Read the environment; raises SettingError, which names the first that is wrong."""
        partner = "the https address of the partner's webhook"
        settings.credential(env)  # the SDK reads it itself
        self.vault = settings.endpoint(env, "AZURE_KEY_VAULT_ENDPOINT")
        self.secret = settings.entity(env, "WEBHOOK_SECRET_NAME")
        self.namespace = settings.host(env, "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE")
        self.topic = settings.entity(env, "SERVICEBUS_TOPIC_NAME")
        self.subscription = settings.entity(env, "SERVICEBUS_SUBSCRIPTION_NAME")
        self.partner = settings.url(env, "PARTNER_WEBHOOK_URL", partner)
