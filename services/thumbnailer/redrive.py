"""Handle its dead letters again, with its own rights: python -m services.thumbnailer.redrive.

The running service turns dead letters into rejections within seconds. This finds those that it
could not reject, or that died while it was down.
"""

import logging.config

from services.common import bus, logs, redrive
from services.common.credential import open_credential
from services.thumbnailer.app import open_worker
from services.thumbnailer.settings import Settings


def prepare() -> redrive.Prepared:
    """Return a receiver of the dead letters, and their handler; raises SettingError."""
    settings = Settings()
    credential = open_credential(settings.client_id)
    dead = bus.queue_receiver(settings.namespace, credential, settings.queue, dead_letters=True)
    return dead, open_worker(settings, credential).handle


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("thumbnailer", prepare)
