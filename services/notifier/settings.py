"""The notifier's settings, from its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from services.common import settings


@dataclass(frozen=True)
class Settings:
    """Complete and well-formed settings."""

    vault: str
    secret: str
    namespace: str
    topic: str
    subscription: str
    partner: str

    @classmethod
    def load(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment; raises SettingError, which names the first that is wrong."""
        partner = "the https address of the partner's webhook"
        settings.credential(env)  # the SDK reads it itself
        return cls(
            vault=settings.endpoint(env, "AZURE_KEY_VAULT_ENDPOINT"),
            secret=settings.entity(env, "WEBHOOK_SECRET_NAME"),
            namespace=settings.host(env, "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"),
            topic=settings.entity(env, "SERVICEBUS_TOPIC_NAME"),
            subscription=settings.entity(env, "SERVICEBUS_SUBSCRIPTION_NAME"),
            partner=settings.url(env, "PARTNER_WEBHOOK_URL", partner),
        )
