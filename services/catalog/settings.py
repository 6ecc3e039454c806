"""The catalog's settings, from its environment."""

import os

from services.common import settings


class Settings:
    """Complete and well-formed settings."""

    def __init__(self, env: settings.Environment = os.environ) -> None:
        """Read the environment; raises SettingError, which names the first that is wrong."""
        self.client_id = settings.client_id(env)
        self.blob_endpoint = settings.endpoint(env, "AZURE_STORAGE_BLOB_ENDPOINT")
        self.container = settings.entity(env, "STORAGE_CATALOG_CONTAINER")
        self.namespace = settings.host(env, "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE")
        self.topic = settings.entity(env, "SERVICEBUS_TOPIC_NAME")
        self.subscription = settings.entity(env, "SERVICEBUS_SUBSCRIPTION_NAME")
        self.tenant_id = settings.tenant_id(env)
        self.audience = settings.audience(env, "CATALOG_AUDIENCE")
        self.hosts = settings.hosts(env, "TRUSTED_HOSTS")
