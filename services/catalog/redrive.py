"""Handle its dead letters again, with its own rights: python -m services.catalog.redrive."""

import logging.config

from services.catalog.app import open_index
from services.catalog.settings import Settings
from services.common import bus, logs, redrive
from services.common.credential import open_credential


def prepare() -> redrive.Prepared:
    """Return a receiver of the dead letters, and their handler; raises SettingError."""
    settings = Settings()
    credential = open_credential(settings.client_id)
    entity = settings.topic, settings.subscription
    dead = bus.subscription_receiver(settings.namespace, credential, *entity, dead_letters=True)
    return dead, open_index(settings, credential).handle


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("catalog", prepare)
