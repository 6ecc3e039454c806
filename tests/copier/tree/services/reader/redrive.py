"""Handle its dead letters again, under its own rights: python -m services.reader.redrive."""

import logging.config

from services.common import bus, logs, redrive
from services.common.credential import open_credential
from services.reader.app import open_reader
from services.reader.settings import Settings


def prepare() -> redrive.Prepared:
    """Return a receiver of the dead letters, and their handler; raises SettingError."""
    settings = Settings.load()
    credential = open_credential(settings.client_id)
    dead = bus.queue_receiver(settings.namespace, credential, settings.queue, dead_letters=True)
    return dead, open_reader(settings, credential).handle


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("reader", prepare)
