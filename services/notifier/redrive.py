"""Handle its dead letters again, with its own rights: python -m services.notifier.redrive."""

import logging.config

from services.common import bus, logs, redrive
from services.common.credential import open_credential
from services.notifier.app import open_partner
from services.notifier.settings import Settings


def prepare() -> redrive.Prepared:
    """Return a receiver of the dead letters, and their handler; raises SettingError."""
    settings = Settings()
    credential = open_credential(client_id=None)
    entity = settings.topic, settings.subscription
    dead = bus.subscription_receiver(settings.namespace, credential, *entity, dead_letters=True)
    return dead, open_partner(settings, credential).handle


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("notifier", prepare)
