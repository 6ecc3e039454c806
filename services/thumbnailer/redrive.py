"""Handle its dead letters again, with its own rights: python -m services.thumbnailer.redrive.

The running service turns dead letters into rejections within seconds. This finds those that it
could not reject, or that died while it was down.
"""

import logging.config
from collections.abc import Iterator
from contextlib import contextmanager

from azure.servicebus import ServiceBusReceiver

from services.common import bus, logs, redrive
from services.common.credential import open_credential
from services.thumbnailer.app import open_worker
from services.thumbnailer.settings import Settings


@contextmanager
def opened() -> Iterator[tuple[ServiceBusReceiver, redrive.Handler]]:
    """Open a receiver of the dead letters, with their handler; raises SettingError."""
    settings = Settings.load()
    credential = open_credential(settings.client_id)
    worker = open_worker(settings, credential)
    dead = bus.queue_receiver(settings.namespace, credential, settings.queue, dead_letters=True)
    with dead as receiver:
        yield receiver, worker.handle
    worker.events.stop()
    worker.decoder.stop()


if __name__ == "__main__":
    logging.config.dictConfig(logs.config())
    redrive.run("thumbnailer", opened())
