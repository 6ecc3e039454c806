"""Handle its dead letters again, with its own rights: python -m services.archiver.redrive."""

import logging.config

from services.archiver.app import keeper, open_archive
from services.archiver.settings import Settings
from services.common import bus, logs, redrive
from services.common.credential import open_credential


def prepare() -> redrive.Prepared:
    """Return a receiver of the dead letters, and their handler; raises SettingError."""
    settings = Settings()
    credential = open_credential(settings.client_id)
    entity = settings.topic, settings.subscription
    dead = bus.subscription_receiver(settings.namespace, credential, *entity, dead_letters=True)
    return dead, keeper(open_archive(settings, credential))


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("archiver", prepare)
