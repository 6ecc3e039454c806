"""Handle its dead letters again, under its own rights: python -m services.thumbnailer.redrive.

The running service turns them into rejections within seconds; what is left to find is what it
could not tell, or what died while it was down.
"""

import logging.config
import sys

from services.common import bus, logs
from services.common.consumer import redrive
from services.common.credential import open_credential
from services.thumbnailer.app import open_worker
from services.thumbnailer.settings import Settings


def main() -> None:
    """Redrive, and say how many dead letters were handled and how many are left."""
    logging.config.dictConfig(logs.config())
    try:
        settings = Settings.load()
    except ValueError as error:
        sys.exit(str(error))
    credential = open_credential(settings.client_id)
    worker = open_worker(settings, credential)
    dead = bus.queue_receiver(settings.namespace, credential, settings.queue, dead_letters=True)
    with dead as receiver:
        handled, left = redrive(receiver, worker.handle)
    worker.events.stop()
    print(f"thumbnailer: {handled} dead letters handled, {left} left")


if __name__ == "__main__":
    main()
