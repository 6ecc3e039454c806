"""The archiver's settings, from its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from services.common import settings


@dataclass(frozen=True)
class Settings:
    """Complete and well-formed settings."""

    client_id: str | None
    blob_endpoint: str
    container: str
    namespace: str
    topic: str
    subscription: str

    @classmethod
    def load(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment; raises SettingError, which names the first that is wrong."""
        return cls(
            client_id=settings.client_id(env),
            blob_endpoint=settings.endpoint(env, "AZURE_STORAGE_BLOB_ENDPOINT"),
            container=settings.entity(env, "STORAGE_ARCHIVE_CONTAINER"),
            namespace=settings.host(env, "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"),
            topic=settings.entity(env, "SERVICEBUS_TOPIC_NAME"),
            subscription=settings.entity(env, "SERVICEBUS_SUBSCRIPTION_NAME"),
        )
