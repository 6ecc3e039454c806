"""The reader's settings, from its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from services.common import settings


@dataclass(frozen=True)
class Settings:
    """The reader's settings, complete and well-formed."""

    client_id: str | None
    account: str
    container: str
    namespace: str
    queue: str
    safe: str
    key: str
    callback: str

    @classmethod
    def load(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment; raises SettingError, which names the first that is wrong."""
        return cls(
            client_id=settings.client_id(env),
            account=settings.endpoint(env, "PAPERS_ACCOUNT"),
            container=settings.entity(env, "PAPERS_CONTAINER"),
            namespace=settings.host(env, "WORK_NAMESPACE"),
            queue=settings.entity(env, "WORK_QUEUE"),
            safe=settings.endpoint(env, "SAFE"),
            key=settings.entity(env, "CALLBACK_KEY"),
            callback=settings.url(env, "CALLBACK_URL", "the https address of the client"),
        )
