"""The thumbnailer's settings, from its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from services.common import settings


@dataclass(frozen=True)
class Settings:
    """Complete and well-formed settings."""

    client_id: str | None
    blob_endpoint: str
    originals: str
    thumbnails: str
    namespace: str
    queue: str
    topic: str

    @classmethod
    def load(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment; raises SettingError, which names the first that is wrong."""
        return cls(
            client_id=settings.client_id(env),
            blob_endpoint=settings.endpoint(env, "AZURE_STORAGE_BLOB_ENDPOINT"),
            originals=settings.entity(env, "STORAGE_ORIGINALS_CONTAINER"),
            thumbnails=settings.entity(env, "STORAGE_THUMBNAILS_CONTAINER"),
            namespace=settings.host(env, "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE"),
            queue=settings.entity(env, "SERVICEBUS_QUEUE_NAME"),
            topic=settings.entity(env, "SERVICEBUS_TOPIC_NAME"),
        )
