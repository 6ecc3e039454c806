"""The thumbnailer's settings, from its environment."""

import os

from services.common import settings


class Settings:
    """Complete and well-formed settings."""

    def __init__(self, env: settings.Environment = os.environ) -> None:
        """Read the environment; raises SettingError, which names the first that is wrong."""
        self.client_id = settings.client_id(env)
        self.blob_endpoint = settings.endpoint(env, "AZURE_STORAGE_BLOB_ENDPOINT")
        self.originals = settings.entity(env, "STORAGE_ORIGINALS_CONTAINER")
        self.thumbnails = settings.entity(env, "STORAGE_THUMBNAILS_CONTAINER")
        self.namespace = settings.host(env, "SERVICEBUS_FULLY_QUALIFIED_NAMESPACE")
        self.queue = settings.entity(env, "SERVICEBUS_QUEUE_NAME")
        self.topic = settings.entity(env, "SERVICEBUS_TOPIC_NAME")
